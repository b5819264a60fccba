/* SPDX-License-Identifier: MIT */
/* oriel-plugin: runs one program for the public conformance runner (bpf_conformance).
 *
 * The program comes as hexadecimal bytes on standard input, its memory as the first argument; the
 * result goes to standard output. A program that is refused or fails gives exit code 1 and the
 * reason on standard error. */
#include "plugin.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "interp/interp.h"
#include "isa/disasm.h"
#include "jit/jit.h"
#include "object/object.h"
#include "os/os.h"

#define STDIN_LIMIT (64u * 1024 * 1024)
#define BUDGET	    1000000000ULL

static const char usage[] =
	"Usage: oriel-plugin [MEMORY] [options] < PROGRAM\n"
	"\n"
	"Runs a program for the bpf_conformance runner. MEMORY and PROGRAM are hexadecimal bytes.\n"
	"\n"
	"  --interpret    use the interpreter (default)\n"
	"  --jit          use the JIT compiler\n"
	"  --checked      with --jit: check accesses and the budget, as the interpreter does\n"
	"  --blind        with --jit: blind the program's constants\n"
	"  --program HEX  the program, instead of standard input\n"
	"  --elf [true]   the program is an ELF object: function main, section .text\n"
	"  --debug        print the program's instructions on standard error\n"
	"  --help         show this help\n";

struct options {
	const char *memory, *program;
	bool elf, debug, help, jit, checked, blind;
};

static void print(enum os_stream stream, const char *text)
{
	/* There is nowhere to report a broken output to. */
	(void)os_write(stream, text, strlen(text));
}

/* Pairs of digits, blanks between them allowed. The bytes are in arena. */
static int parse_hex(const char *text, struct arena *arena, u8 **ret_bytes, size_t *ret_len,
		     struct error *err)
{
	u8 *bytes = arena_alloc(arena, strlen(text) / 2 + 1);
	size_t len = 0;

	if (bytes == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	for (const char *p = text; *p != '\0';) {
		unsigned high, low;

		if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') {
			p++;
			continue;
		}
		high = str_digit(p[0]);
		low = high > 15 ? high : str_digit(p[1]);
		if (low > 15)
			return error_set(err, ERR_INVAL, "byte %zu: not two hexadecimal digits",
					 len);
		bytes[len++] = (u8)(high << 4 | low);
		p += 2;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static int parse_options(int argc, char **argv, struct options *ret_options, struct error *err)
{
	struct options options = { 0 };

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (i == 1 && !str_starts(arg, "--"))
			options.memory = arg;
		else if (str_eq(arg, "--help"))
			options.help = true;
		else if (str_eq(arg, "--debug"))
			options.debug = true;
		else if (str_eq(arg, "--elf"))
			options.elf = true;
		else if (str_eq(arg, "--program") && i + 1 < argc)
			options.program = argv[++i];
		else if (str_eq(arg, "--jit"))
			options.jit = true;
		else if (str_eq(arg, "--checked"))
			options.checked = true;
		else if (str_eq(arg, "--blind"))
			options.blind = true;
		else if (!str_eq(arg, "--interpret") && !str_eq(arg, "") && !str_eq(arg, "true"))
			return error_set(err, ERR_INVAL, "unknown argument '%s' (see --help)", arg);
	}
	*ret_options = options;
	return 0;
}

/* Function main of an object. The object keeps the program alive. */
static int elf_prog(const u8 *bytes, size_t len, struct object **ret_object, struct prog *ret_prog,
		    struct error *err)
{
	struct object_options options = { .size = sizeof(options), .file = "program" };
	const struct prog *prog;
	struct object *object;
	int status = object_open(bytes, len, &options, &object, err);
	u32 idx;

	if (status != 0)
		return status;
	*ret_object = object;
	idx = object_find_prog(object, "main");
	if (idx == PROG_NO_INDEX)
		return error_set(err, ERR_NOENT, "the object has no function main");
	status = object_link(object, idx, NULL, &prog, err);
	if (status != 0)
		return status;
	if (prog->map_count != 0 || prog->func_count != 0)
		return error_set(err, ERR_NOTSUP, "the object needs maps or functions");
	*ret_prog = *prog;
	return 0;
}

static void print_insns(const struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;

	for (u32 i = 0; i < prog->insn_count; i += insn_slots(&prog->insns[i])) {
		strbuf_printf(&text, "%4u: ", i);
		disasm_insn(&text, &prog->insns[i], i, NULL);
		strbuf_add_char(&text, '\n');
	}
	print(OS_STDERR, strbuf_str(&text));
	strbuf_fini(&text);
}

static int describe_fault(const struct exec_fault *fault, struct error *err)
{
	if (fault->status != ERR_FAULT)
		return error_set(err, fault->status, "slot %u: %s", fault->slot,
				 error_name(fault->status));
	return error_set(err, fault->status, "slot %u: %s of %u bytes at 0x%llx is outside",
			 fault->slot, fault->write ? "store" : "load", fault->size, fault->addr);
}

static int prepare(const struct prog *prog, const struct options *options,
		   struct prog_code **ret_code, struct error *err)
{
	const struct prog_binding binding = { .helper = plugin_helper };
	const struct jit_options jit = {
		.size = sizeof(jit),
		.target = jit_host_target(),
		.mode = options->checked ? JIT_CHECKED : JIT_VERIFIED,
		.blind = options->blind,
		.blind_seed = 0x5eed,
	};

	if (options->jit)
		return jit_prepare(prog, &binding, &jit, ret_code, err);
	return interp_prepare(prog, &binding, ret_code, err);
}

/* r1: the memory, r2: its length. */
static int run(const struct prog *prog, const struct options *options, const u8 *memory, size_t len,
	       struct arena *arena, u64 *ret_result, struct error *err)
{
	u8 *block = arena_alloc(arena, sizeof(struct ctx_header) + MAX(len, (size_t)1));
	struct exec exec = {
		.stack = arena_alloc(arena, PROG_MAX_FRAMES * PROG_FRAME_SIZE),
		.arg2 = len,
		.budget = BUDGET,
		.region_count = 1,
	};
	struct prog_code *code;
	u64 result;
	int status;

	if (block == NULL || exec.stack == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	status = prepare(prog, options, &code, err);
	if (status != 0)
		return status;
	((struct ctx_header *)(void *)block)->exec = &exec;
	exec.code = code;
	exec.ctx = block + sizeof(struct ctx_header);
	if (len > 0)
		memcpy(exec.ctx, memory, len);
	exec.regions[0] = (struct exec_region){
		.base = (u64)(uintptr_t)exec.ctx,
		.size = len,
		.writable = true,
	};
	result = code->entry(&exec, exec.ctx);
	code->free(code);
	if (exec.fault.status != 0)
		return describe_fault(&exec.fault, err);
	*ret_result = result;
	return 0;
}

static int work(const struct options *options, struct arena *arena, struct object **ret_object,
		u64 *ret_result, struct error *err)
{
	u8 *input = NULL, *bytes, *memory = NULL;
	const char *hex = options->program;
	size_t input_len, len, memory_len = 0;
	struct prog prog;
	int status = 0;

	if (options->memory != NULL) {
		status = parse_hex(options->memory, arena, &memory, &memory_len, err);
		if (status != 0)
			return error_prefix(err, "memory");
	}
	if (hex == NULL) {
		status = os_file_read("-", STDIN_LIMIT, &input, &input_len, err);
		if (status != 0)
			return status;
		hex = (const char *)input;
	}
	status = parse_hex(hex, arena, &bytes, &len, err);
	mem_free(input);
	if (status == 0)
		status = options->elf ? elf_prog(bytes, len, ret_object, &prog, err)
				      : bare_prog(bytes, len, arena, &prog, err);
	if (status != 0)
		return status;
	if (options->debug)
		print_insns(&prog);
	return run(&prog, options, memory, memory_len, arena, ret_result, err);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct error err = { 0 };
	struct object *object = NULL;
	struct arena arena;
	struct strbuf line = STRBUF_INIT;
	u64 result = 0;
	int status = parse_options(argc, argv, &options, &err);

	if (status == 0 && options.help) {
		print(OS_STDOUT, usage);
		return 1; /* as the protocol has it */
	}
	arena_init(&arena, 0);
	if (status == 0)
		status = work(&options, &arena, &object, &result, &err);
	if (status == 0)
		strbuf_printf(&line, "%llx\n", result);
	else
		strbuf_printf(&line, "%s\n", err.text);
	print(status == 0 ? OS_STDOUT : OS_STDERR, strbuf_str(&line));
	strbuf_fini(&line);
	if (object != NULL)
		object_free(object);
	arena_fini(&arena);
	return status == 0 ? 0 : 1;
}
