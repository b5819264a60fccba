/* SPDX-License-Identifier: MIT */
/* Translation to C: what is hostile in an object's texts stays inside of strings and comments, what
 * cannot be said in C is refused, and facts of the verifier change what is written. */
#include "tap.h"

#include "base/str.h"
#include "insns.h"
#include "prog/exec.h"
#include "spec/spec.h"
#include "translate/translate.h"

#define NASTY             \
	"a\"b\\\n*/\xff?" \
	"?/#include \"x\""

struct job {
	struct insn insns[8];
	struct prog_fact rows[8];
	struct prog_facts facts;
	struct prog_subprog subs[2];
	struct prog_map map;
	struct prog_line line;
	struct prog prog;
	const struct btf *btf;
	struct strbuf out;
	struct error err;
};

static void job_init(struct job *job, const struct insn *insns, u32 count)
{
	*job = (struct job){ 0 };
	memcpy(job->insns, insns, count * sizeof(*insns));
	job->subs[0] = (struct prog_subprog){ .name = "p", .count = count };
	job->map = (struct prog_map){
		.name = "numbers",
		.type = spec_map_type_by_kind(MAP_KIND_ARRAY),
		.key_size = 4,
		.value_size = 12,
		.max_entries = 10,
		.inner = PROG_NO_INDEX,
	};
	job->prog = (struct prog){
		.name = "p",
		.section = "bind",
		.dialect = DIALECT_WINDOWS,
		.type = spec_prog_type_by_name(DIALECT_WINDOWS, "bind"),
		.insns = job->insns,
		.insn_count = count,
		.subprogs = job->subs,
		.subprog_count = 1,
		.maps = &job->map,
		.map_count = 1,
	};
}

static int job_run(struct job *job, bool with_facts)
{
	const struct translate_prog row = { &job->prog, with_facts ? &job->facts : NULL };
	static const u8 digest[SHA256_SIZE] = { 0xab };
	const struct translate_options options = {
		.size = sizeof(options),
		.name = "module",
		.file = "module.c",
		.hash_name = "SHA256",
		.hash = digest,
		.hash_len = sizeof(digest),
		.btf = job->btf,
	};

	strbuf_reset(&job->out);
	if (with_facts)
		job->facts =
			(struct prog_facts){ .rows = job->rows, .count = job->prog.insn_count };
	return translate_module(&row, 1, &options, &job->out, &job->err);
}

static bool has(const struct job *job, const char *text)
{
	return strstr(strbuf_str(&job->out), text) != NULL;
}

/* Outside of strings and comments there is nothing but ASCII and what the translator wrote; every
 * string ends on its line. */
static bool is_well_formed(const char *text)
{
	enum { CODE, STRING, COMMENT } state = CODE;

	for (; *text != '\0'; text++) {
		if ((u8)*text >= 0x7f || ((u8)*text < 0x20 && *text != '\n' && *text != '\t'))
			return false;
		if (state != COMMENT && text[0] == '?' && text[1] == '?')
			return false;
		if (state == STRING && *text == '\n')
			return false;
		if (state == STRING && *text == '\\') {
			text++;
		} else if (state == STRING && *text == '"') {
			state = CODE;
		} else if (state == CODE && *text == '"') {
			state = STRING;
		} else if (state == CODE && str_starts(text, "/*")) {
			state = COMMENT;
			text++;
		} else if (state == COMMENT && str_starts(text, "*/")) {
			state = CODE;
			text++;
		}
	}
	return state == CODE;
}

static void hostile_texts(void)
{
	const struct insn insns[] = { LOAD_MAP(1, 0), MOV_IMM(0, 0), EXIT };
	struct job job;

	job_init(&job, insns, ARRAY_COUNT(insns));
	job.prog.name = NASTY;
	job.prog.section = NASTY;
	job.map.name = NASTY;
	job.subs[0].name = NASTY;
	job.line = (struct prog_line){ .line = 3, .file = NASTY, .text = NASTY };
	job.prog.lines = &job.line;
	job.prog.line_count = 1;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(is_well_formed(strbuf_str(&job.out)));
	CHECK(has(&job, "\\012*/\\377\\?\\?/#include \\\"x\\\""));
	job.prog.name = "while";
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(has(&job, "\nx_while(void *context"));
	job.prog.name = "1st-of uint64_t";
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(has(&job, "\nx_1st_of_uint64_t(void *context"));
out:
	strbuf_fini(&job.out);
}

static void dead_code_is_left_out(void)
{
	const struct insn insns[] = { JEQ_IMM(1, 0, 1), MOV_IMM(0, 11), MOV_IMM(0, 22), EXIT };
	struct job job;

	job_init(&job, insns, ARRAY_COUNT(insns));
	for (u32 i = 0; i < 4; i++)
		job.rows[i].flags = FACT_REACHED;
	job.rows[0].flags |= FACT_TAKEN | FACT_NOT_TAKEN;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(has(&job, "if (r1 == UINT64_C(0)) goto label_2;") && has(&job, "r0 = UINT64_C(11);"));
	job.rows[0].flags = FACT_REACHED | FACT_TAKEN;
	job.rows[1].flags = 0;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(has(&job, "\tgoto label_2;") && !has(&job, "r0 = UINT64_C(11);"));
	job.rows[0].flags = FACT_REACHED | FACT_NOT_TAKEN;
	job.rows[1].flags = FACT_REACHED;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(!has(&job, "goto label_") && !has(&job, "label_2:") &&
	      has(&job, "r0 = UINT64_C(11);"));
out:
	strbuf_fini(&job.out);
}

static void known_arrays_are_looked_up_in_place(void)
{
	const struct insn insns[] = { LOAD_MAP(1, 0), CALL(1), EXIT };
	struct job job;

	job_init(&job, insns, ARRAY_COUNT(insns));
	for (u32 i = 0; i < 4; i++)
		job.rows[i].flags = FACT_REACHED;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(!has(&job, "bpf2c_array_lookup") && has(&job, "helper_data[0].address(r1,"));
	job.rows[2].flags |= FACT_MAP;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(has(&job, "bpf2c_array_lookup(&runtime_context->map_data[0], "
			"runtime_context->helper_data[0].address, r2, 10, 16, context)"));
	job.map.type = spec_map_type_by_kind(MAP_KIND_PERCPU_ARRAY);
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(!has(&job, "bpf2c_array_lookup"));
out:
	strbuf_fini(&job.out);
}

/* Memory that others change is read once, as written. */
static void shared_memory_is_volatile(void)
{
	const struct insn insns[] = { LOAD(4, 0, 1, 8), EXIT };
	struct job job;

	job_init(&job, insns, ARRAY_COUNT(insns));
	job.rows[0].flags = job.rows[1].flags = FACT_REACHED;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(has(&job, "r0 = bpf2c_load32(r1 + 8);"));
	job.rows[0].flags |= FACT_OWN_MEMORY;
	CHECK_EQ(job_run(&job, true), 0);
	CHECK(has(&job, "r0 = bpf2c_plain_load32(r1 + 8);"));
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(has(&job, "r0 = bpf2c_load32(r1 + 8);"));
out:
	strbuf_fini(&job.out);
}

static const struct btf_member fields[] = {
	{ .name = "a", .type = 1 },
	{ .name = "bits", .type = 1, .off = 32, .size = 3 },
	{ .name = "int", .type = 1, .off = 64 },
	{ .name = "overlaps", .type = 1, .off = 80 },
	{ .name = NASTY, .type = 2, .off = 96 },
	{ .name = "outside", .type = 1, .off = 160 },
};
/* Names of variables of the code, of functions, of the header, and one that is used. */
static const struct btf_member arguments[] = {
	{ .name = "r1", .type = 1 },
	{ .name = "p_1_f_callback", .type = 1 },
	{ .name = "runtime_context", .type = 2 },
	{ .name = "n", .type = 1 },
	{ .name = "n", .type = 2 },
};

/* Types 1 u32, 2 pointer to 3, 3 the record, 4 the prototype, 5 and 6 the functions. */
static void arguments_have_types(void)
{
	struct btf_type types[] = {
		{ .name = "" },
		{ .name = "u", .kind = BTF_INT, .size = 4, .has_bytes = true, .bytes = 4 },
		{ .name = "", .kind = BTF_PTR, .type = 3, .has_bytes = true, .bytes = 8 },
		{ .name = "s",
		  .kind = BTF_STRUCT,
		  .size = 22,
		  .count = ARRAY_COUNT(fields),
		  .members = fields,
		  .has_bytes = true,
		  .bytes = 22 },
		{ .name = "",
		  .kind = BTF_FUNC_PROTO,
		  .count = ARRAY_COUNT(arguments),
		  .members = arguments },
		{ .name = "f", .kind = BTF_FUNC, .type = 4 },
		{ .name = "p", .kind = BTF_FUNC, .type = 4 },
	};
	const struct btf btf = { .types = types, .type_count = ARRAY_COUNT(types) };
	const struct insn insns[] = {
		{ .kind = INSN_LDDW, .op = LDDW_CODE, .dst = 2, .off = 2 },
		{ .kind = INSN_LDDW_HIGH },
		EXIT,
		EXIT,
	};
	struct job job;

	for (u32 i = 0; i < ARRAY_COUNT(types); i++)
		types[i].bare = i;
	job_init(&job, insns, ARRAY_COUNT(insns));
	job.subs[0].count = 3;
	job.subs[1] =
		(struct prog_subprog){ .name = "f", .start = 3, .count = 1, .is_callback = true };
	job.prog.subprog_count = 2;
	job.btf = &btf;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(is_well_formed(strbuf_str(&job.out)));
	CHECK(has(&job, "\tr2 = (uint64_t)(uintptr_t)p_1_f_callback;\n"));
	CHECK(!has(&job, " p_1_f_callback = ") && !has(&job, "*n = "));
	CHECK(has(&job, "uint32_t n = (uint32_t)(uintptr_t)r4;\n"));
	CHECK(has(&job, "uint32_t x_r1 = (uint32_t)(uintptr_t)r1;\n"));
	CHECK(has(&job, "uint32_t x_r1 = (uint32_t)(uintptr_t)context;\n"));
	CHECK(has(&job, "struct __attribute__((packed)) { uint32_t a; uint8_t bpf2c_gap2[4]; "
			"uint32_t x_int; "
			"void *a_b_________include__x_; uint8_t bpf2c_rest4[2]; } "
			"*x_runtime_context = (void *)(uintptr_t)r3;\n"));
	types[5].type = 99;
	types[6].type = 0;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(!has(&job, "uint32_t"));
out:
	strbuf_fini(&job.out);
}

/* They stand behind the functions, by name. */
static void variables_have_names(void)
{
	static const struct prog_func func = { .name = "call_me" };
	static const struct prog_var vars[] = { { .name = "first" },
						{ .name = "CONFIG_HZ", .is_config = true } };
	const struct insn insns[] = {
		{ .kind = INSN_LDDW, .op = LDDW_VARIABLE, .dst = 1, .imm = 1 },
		{ .kind = INSN_LDDW_HIGH },
		EXIT
	};
	struct job job;

	job_init(&job, insns, ARRAY_COUNT(insns));
	job.prog.vars = vars;
	job.prog.var_count = 2;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(is_well_formed(strbuf_str(&job.out)));
	CHECK(has(&job, "r1 = (uint64_t)(uintptr_t)runtime_context->btf_resolved_function_data[1]"
			".address;"));
	CHECK(has(&job, "\"first\", BPF2C_MODULE_VARIABLE },\n"));
	CHECK(has(&job, "\"CONFIG_HZ\", BPF2C_MODULE_CONFIG },\n"));
	CHECK(has(&job, "p_functions, 2 },"));
	job.prog.funcs = &func;
	job.prog.func_count = 1;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(has(&job, "btf_resolved_function_data[2].address;"));
	CHECK(has(&job, "p_functions, 3 },"));
out:
	strbuf_fini(&job.out);
}

/* Windows takes 96 sections; those of equal names are one. */
static void sections_are_few(void)
{
	enum { COUNT = 100 };
	static const struct insn insns[] = { MOV_IMM(0, 0), EXIT };
	static struct job jobs[COUNT];
	static char names[COUNT][24];
	struct translate_prog rows[COUNT];
	const struct translate_options options = { .size = sizeof(options),
						   .name = "module",
						   .file = "module.c" };
	struct strbuf out = STRBUF_INIT;
	struct error err = { 0 };
	u32 shared = 0;

	for (u32 i = 0; i < COUNT; i++) {
		job_init(&jobs[i], insns, ARRAY_COUNT(insns));
		(void)str_copy(names[i], sizeof(names[i]), i < 50 ? "a_long_name" : "s00");
		if (i >= 50) {
			names[i][1] = (char)('0' + i / 10);
			names[i][2] = (char)('0' + i % 10);
		}
		jobs[i].prog.section = names[i];
		rows[i] = (struct translate_prog){ &jobs[i].prog, NULL };
	}
	jobs[90].prog.section = names[60]; /* has one */
	CHECK_EQ(translate_module(rows, COUNT, &options, &out, &err), 0);
	CHECK(strstr(strbuf_str(&out), "BPF2C_CODE(\"s71\")") != NULL);
	CHECK(strstr(strbuf_str(&out), "BPF2C_CODE(\"s72\")") == NULL);
	for (const char *at = strbuf_str(&out); (at = strstr(at, "BPF2C_CODE(\"more\")")) != NULL;
	     at++)
		shared++;
	CHECK_EQ(shared, COUNT - 72 - 1);
out:
	strbuf_fini(&out);
}

static void refusals(void)
{
	const struct insn variable[] = { { .kind = INSN_LDDW, .op = LDDW_VARIABLE, .dst = 1 },
					 { .kind = INSN_LDDW_HIGH },
					 EXIT };
	const struct insn value[] = { LOAD_VALUE(1, 0, 0), EXIT };
	struct job job;

	job_init(&job, variable, ARRAY_COUNT(variable));
	CHECK_EQ(job_run(&job, false), ERR_NOTSUP);
	CHECK(strstr(job.err.text, "instruction 0: no such variable") != NULL);
	/* What is never reached is not translated, so it may be anything. */
	job.rows[2].flags = FACT_REACHED;
	CHECK_EQ(job_run(&job, true), 0);
	strbuf_fini(&job.out);
	job_init(&job, value, ARRAY_COUNT(value));
	CHECK_EQ(job_run(&job, false), ERR_NOTSUP);
	CHECK(strstr(job.err.text, "no section of global data") != NULL);
	job.map.is_global = true;
	CHECK_EQ(job_run(&job, false), 0);
	CHECK(has(&job, "global_variable_section_data[0].address_of_map_value + 0;"));
out:
	strbuf_fini(&job.out);
}

TAP_MAIN(TAP_TEST(hostile_texts), TAP_TEST(dead_code_is_left_out),
	 TAP_TEST(known_arrays_are_looked_up_in_place), TAP_TEST(shared_memory_is_volatile),
	 TAP_TEST(arguments_have_types), TAP_TEST(variables_have_names), TAP_TEST(sections_are_few),
	 TAP_TEST(refusals))
