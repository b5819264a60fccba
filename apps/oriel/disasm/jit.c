/* SPDX-License-Identifier: MIT */
/* `oriel disasm --jit`: programs are bound to maps and helpers as they are to run, by an engine
 * that keeps the code. */
#include "disasm.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "verify/reports.h"

/* --- the engine --- */

static void forget(UNUSED struct prog_code *code) {}

static u64 no_entry(UNUSED struct exec *exec, UNUSED void *ctx)
{
	return 0;
}

static void add_names(struct machine *m, const struct prog_binding *binding)
{
	for (u32 i = 0; i < m->prog->insn_count && m->name_count < MACHINE_NAMES; i++) {
		const struct insn *insn = &m->prog->insns[i];
		struct machine_name *name = &m->names[m->name_count];

		if (insn->kind != INSN_CALL)
			continue;
		name->id = (u32)insn->imm;
		name->address = (u64)(uintptr_t)binding->helper(binding->arg, (u32)insn->imm).fn;
		m->name_count += name->address != 0;
	}
}

/* Where it would run, as distances decide which instructions there are. */
static int keep(struct machine *m, struct error *err)
{
	struct os_code code = { 0 };
	int status = os_code_alloc(jit_size(m->jit), &code);

	if (status != 0)
		return error_set(err, status, "no memory for code of %zu bytes: %s",
				 jit_size(m->jit), error_name(status));
	m->address = (u64)(uintptr_t)code.mem;
	status = jit_write(m->jit, code.view, jit_size(m->jit), m->address, &m->len, err);
	if (status == 0) {
		m->bytes = mem_alloc(m->len);
		if (m->bytes == NULL)
			status = error_set(err, ERR_NOMEM, "no memory for code of %zu bytes",
					   m->len);
	}
	if (status == 0)
		memcpy(m->bytes, code.view, m->len);
	os_code_free(&code);
	return status;
}

static int prepare(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	static struct prog_code nothing = { .entry = no_entry, .free = forget };
	struct machine *m =
		CONTAINER_OF((struct engine *)(uintptr_t)engine, struct machine, engine);
	int status = jit_compile(prog, binding, &m->options, &m->arena, &m->jit, err);

	if (status == 0)
		status = keep(m, err);
	if (status != 0)
		return status;
	add_names(m, binding);
	*ret_code = &nothing;
	return 0;
}

/* --- a program --- */

static void reset(struct machine *m)
{
	machine_text_close(m);
	runtime_free(m->runtime);
	mem_free(m->bytes);
	arena_fini(&m->arena);
	arena_init(&m->arena, 0);
	m->runtime = NULL;
	m->bytes = NULL;
	m->jit = NULL;
	m->len = 0;
	m->name_count = 0;
}

static int judge(struct machine *m, struct prog_facts *facts, struct error *err)
{
	const struct prog *prog = m->prog;
	struct prog_fact *rows = arena_array(&m->arena, prog->insn_count, sizeof(*rows));
	int status;

	if (rows == NULL)
		return error_set(err, ERR_NOMEM, "no memory for what is known of a program");
	facts_init(facts, rows, prog->insn_count);
	m->verify.facts = facts;
	status = prog_check(prog, err);
	if (status == 0)
		status = verify_prog(prog, &m->verify, &m->result, err);
	if (status == 0 && !m->result.is_safe)
		status = error_set(err, ERR_ACCES,
				   "program '%.64s' is not safe, so it has no machine code",
				   prog->name);
	return status;
}

int machine_compile(struct machine *m, const struct prog *prog, struct error *err)
{
	const struct runtime_options options = { .size = sizeof(options),
						 .dialect = prog->dialect };
	struct runtime_prog *ready;
	struct prog_facts facts;
	int status;

	reset(m);
	m->prog = prog;
	status = judge(m, &facts, err);
	if (status == 0)
		status = runtime_new(&options, &m->runtime, err);
	if (status == 0)
		status = runtime_add_prog(m->runtime, prog, &m->engine, &facts, &ready, err);
	if (status == 0 && machine_text_open(m) != 0)
		status = error_set(err, ERR_NOMEM, "out of memory");
	return status;
}

void machine_refused(struct machine *m, struct cli *cli)
{
	const struct report_style style = {
		.file = m->prog->name, .section = m->prog->section, .bold = "", .plain = ""
	};
	struct strbuf text = STRBUF_INIT;
	struct reports reports;
	struct error err = { 0 };

	if (reports_make(m->prog, &m->verify, &m->result, &reports, &err) == 0)
		reports_text(&reports, &style, &text);
	cli_report(cli, &text);
	strbuf_fini(&text);
	reports_fini(&reports);
}

int machine_init(struct cli *cli, const char *mode, const char *arch, struct machine *ret_machine)
{
	static const char *const archs[JIT_TARGETS] = {
		[JIT_X86_64_SYSV] = "x86-64",
		[JIT_X86_64_MS] = "x86-64-windows",
		[JIT_ARM64] = "arm64",
	};
	enum jit_target target = jit_host_target();
	struct machine m = { .mode = mode != NULL ? mode : "jit" };

	for (u32 i = 0; arch != NULL && i < JIT_TARGETS; i++)
		if (str_eq(arch, archs[i]))
			target = (enum jit_target)i;
	if (!jit_has_target(target)) {
		cli_error(cli, "--arch names another one: " MACHINE_ARCHS,
			  "there is no JIT compiler for this processor");
		return CLI_FAILED;
	}
	m.arch = archs[target];
	m.engine = (struct engine){ .name = m.mode, .prepare = prepare };
	m.options = (struct jit_options){
		.size = sizeof(m.options),
		.target = target,
		.mode = str_eq(m.mode, "jit-checked") ? JIT_CHECKED : JIT_VERIFIED,
		.blind = str_eq(m.mode, "jit-blinded"),
		/* Each load has another one; here the same program looks the same. */
		.blind_seed = 0x9e3779b97f4a7c15,
	};
	verify_options_default(&m.verify);
	arena_init(&m.arena, 0);
	*ret_machine = m;
	return 0;
}

void machine_fini(struct machine *m)
{
	if (m->mode != NULL)
		reset(m);
	*m = (struct machine){ 0 };
}

/* --- whose code it is --- */

static const struct prog_subprog *subprog_at(const struct machine *m, u32 slot, u32 *ret_idx)
{
	for (u32 i = 0; i < m->prog->subprog_count; i++) {
		if (m->prog->subprogs[i].start == slot) {
			*ret_idx = i;
			return &m->prog->subprogs[i];
		}
	}
	return NULL;
}

/* Where the code of the slot begins, with what comes before it. */
static u32 begin_of(const struct machine *m, u32 slot)
{
	u32 begin = jit_offset(m->jit, slot), idx = 0, func;

	if (slot == 0)
		return 0;
	if (slot >= m->prog->insn_count || subprog_at(m, slot, &idx) == NULL)
		return begin;
	func = jit_func_offset(m->jit, idx);
	return MIN(begin, func);
}

struct machine_part machine_before(const struct machine *m, u32 slot)
{
	return (struct machine_part){ begin_of(m, slot), jit_offset(m->jit, slot) };
}

struct machine_part machine_of(const struct machine *m, u32 slot)
{
	u32 next = slot + insn_slots(&m->prog->insns[slot]);

	return (struct machine_part){ jit_offset(m->jit, slot), begin_of(m, next) };
}

struct machine_part machine_after(const struct machine *m)
{
	return (struct machine_part){ jit_offset(m->jit, m->prog->insn_count), (u32)m->len };
}
