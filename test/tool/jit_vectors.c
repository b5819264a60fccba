/* SPDX-License-Identifier: MIT */
/* jit-vectors < VECTORS: the conformance vectors that `vectors` prints, in each mode of the JIT,
 * and on x86-64 by both calling conventions, on arm64 also with loops for atomics. What has to fail
 * has to fail as in the interpreter. TAP. */
#include <stdio.h>
#include <stdlib.h>

#include "../../apps/plugin/plugin.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "os/os.h"

#define LINE_LIMIT (1 << 20)
#define MODES	   4

struct vector {
	const char *name;
	u64 want;
	bool fails;
	u8 *memory;
	size_t memory_len;
	struct prog prog;
};

static u8 *hex_bytes(const char *text, struct arena *arena, size_t *ret_len)
{
	u8 *bytes = arena_alloc(arena, strlen(text) / 2 + 1);
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		bytes[len++] = (u8)(str_digit(text[0]) << 4 | str_digit(text[1]));
		text++;
	}
	*ret_len = len;
	return bytes;
}

/* NAME|kind|want|memory|program; false: nothing to run, as the decoder refuses it. */
static bool read_vector(char *line, struct arena *arena, struct vector *ret)
{
	struct error err = { 0 };
	char *field[5];
	u8 *program;
	size_t len;

	for (unsigned i = 0; i < 5; i++) {
		field[i] = line;
		line = strchr(line, i < 4 ? '|' : '\n');
		if (line == NULL)
			return false;
		*line++ = '\0';
	}
	*ret = (struct vector){
		.name = field[0],
		.fails = !str_eq(field[1], "result"),
		.want = strtoull(field[2], NULL, 16),
	};
	ret->memory = hex_bytes(field[3], arena, &ret->memory_len);
	program = hex_bytes(field[4], arena, &len);
	return bare_prog(program, len, arena, &ret->prog, &err) == 0;
}

/* What Microsoft's convention needs on other hosts: helpers and support by it. */
#if defined(__x86_64__) && !defined(_WIN32)
#define MS __attribute__((ms_abi))
typedef u64(MS *ms_entry)(struct exec *, void *);

#define MS_HELPER(n)                                                              \
	static MS u64 ms_helper_##n(u64 a, u64 b, u64 c, u64 d, u64 e, void *ctx) \
	{                                                                         \
		return plugin_helper(NULL, n).fn(a, b, c, d, e, ctx);             \
	}
MS_HELPER(0)
MS_HELPER(1)
MS_HELPER(2)
MS_HELPER(3)
MS_HELPER(4)
MS_HELPER(5)
#undef MS_HELPER

static u64 ms_address(u32 id)
{
	const uintptr_t all[] = {
		(uintptr_t)ms_helper_0, (uintptr_t)ms_helper_1, (uintptr_t)ms_helper_2,
		(uintptr_t)ms_helper_3, (uintptr_t)ms_helper_4, (uintptr_t)ms_helper_5,
	};

	return id < ARRAY_COUNT(all) ? all[id] : 0;
}

static struct helper_binding ms_binding(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = (helper_fn)(uintptr_t)ms_address(id) };
}

static struct jit_support own; /* by the host's convention */

static MS void ms_start(struct exec *exec, u64 live)
{
	((void (*)(struct exec *, u64))(uintptr_t)own.start)(exec, live);
}

static MS u64 ms_access(struct exec *exec, u64 addr, u64 what)
{
	return ((u64(*)(struct exec *, u64, u64))(uintptr_t)own.access)(exec, addr, what);
}

static MS u64 ms_find(UNUSED struct exec *exec, u64 id)
{
	return id > UINT32_MAX ? 0 : ms_address((u32)id);
}

static MS u64 ms_packet(struct exec *exec, u64 at, u64 size)
{
	return ((u64(*)(struct exec *, u64, u64))(uintptr_t)own.packet)(exec, at, size);
}

static int run_ms(const struct vector *v, struct exec *exec, bool checked, u64 *ret_value)
{
	const struct jit_support support = { (u64)(uintptr_t)ms_start, (u64)(uintptr_t)ms_access,
					     (u64)(uintptr_t)ms_find, (u64)(uintptr_t)ms_packet };
	const struct prog_binding binding = { .helper = ms_binding };
	const struct jit_options options = { .size = sizeof(options),
					     .target = JIT_X86_64_MS,
					     .mode = checked ? JIT_CHECKED : JIT_VERIFIED,
					     .support = &support };
	struct os_code code = { 0 };
	struct error err = { 0 };
	struct arena arena;
	struct jit *jit;
	size_t len;
	int r;

	own = jit_host_support();
	arena_init(&arena, 0);
	r = jit_compile(&v->prog, &binding, &options, &arena, &jit, &err);
	if (r == 0)
		r = os_code_alloc(jit_size(jit), &code);
	if (r == 0)
		r = jit_write(jit, code.view, jit_size(jit), (u64)(uintptr_t)code.mem, &len, &err);
	if (r == 0)
		r = os_code_seal(&code);
	if (r == 0)
		*ret_value = ((ms_entry)(uintptr_t)code.mem)(exec, exec->ctx);
	os_code_free(&code);
	arena_fini(&arena);
	return r;
}
#else
static int run_ms(const struct vector *v, struct exec *exec, bool checked, u64 *ret_value)
{
	(void)v, (void)exec, (void)checked, (void)ret_value;
	return ERR_NOTSUP;
}
#endif

static int run_host(const struct vector *v, struct exec *exec, u32 mode, bool loops, u64 *ret_value)
{
	const struct prog_binding binding = { .helper = plugin_helper };
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = (mode & 1) != 0 ? JIT_CHECKED : JIT_VERIFIED,
					     .blind = (mode & 2) != 0,
					     .blind_seed = 0x9e3779b97f4a7c15,
					     .atomics =
						     loops ? JIT_ATOMICS_LOOPS : JIT_ATOMICS_HOST };
	struct prog_code *code;
	struct error err = { 0 };
	int r = mode == MODES ? interp_prepare(&v->prog, &binding, &code, &err)
			      : jit_prepare(&v->prog, &binding, &options, &code, &err);

	if (r != 0)
		return r;
	exec->code = code;
	*ret_value = code->entry(exec, exec->ctx);
	code->free(code);
	return 0;
}

struct outcome {
	int status;
	u64 value;
	struct exec_fault fault;
};

static struct outcome run(const struct vector *v, struct arena *arena, u32 mode, bool other)
{
	bool ms = other && jit_host_target() == JIT_X86_64_SYSV;
	static _Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
	struct ctx_header *header = arena_alloc(arena, sizeof(*header) + v->memory_len + 1);
	struct exec exec = { .arg2 = v->memory_len,
			     .stack = stack,
			     .ctx = header + 1,
			     .budget = 1u << 30,
			     .region_count = 1 };
	struct outcome o = { 0 };

	exec.regions[0] = (struct exec_region){ (u64)(uintptr_t)(header + 1), v->memory_len, true };
	header->exec = &exec;
	memcpy(header + 1, v->memory, v->memory_len);
	memset(stack, 0x5a, sizeof(stack));
	o.status = ms ? run_ms(v, &exec, (mode & 1) != 0, &o.value)
		      : run_host(v, &exec, mode, other, &o.value);
	o.fault = exec.fault;
	return o;
}

static bool one(const struct vector *v, struct arena *arena, u32 mode, bool other)
{
	struct outcome want = run(v, arena, MODES, false), got;

	/* Without checks nothing stops what the interpreter has to. */
	if (want.fault.status != 0 && (mode & 1) == 0)
		return true;
	got = run(v, arena, mode, other);
	if (want.status != got.status || want.fault.status != got.fault.status ||
	    want.fault.slot != got.fault.slot || want.value != got.value)
		return false;
	return v->fails ? got.status != 0 || got.fault.status != 0
			: got.status == 0 && got.value == v->want;
}

int main(void)
{
	static char line[LINE_LIMIT];
	const char *variant = jit_host_target() == JIT_X86_64_SYSV ? ", ms"
			      : jit_host_target() == JIT_ARM64	   ? ", loops"
								   : NULL;
	u32 count = 0, bad = 0;

	if (!jit_has_target(jit_host_target())) {
		printf("1..0 # SKIP there is no compiler for this processor\n");
		return 77;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct arena arena;
		struct vector v;

		arena_init(&arena, 0);
		for (u32 mode = 0; mode < MODES + 2; mode++) {
			bool other = mode >= MODES, fine;

			if (other && variant == NULL)
				continue;
			if (mode == 0 && !read_vector(line, &arena, &v))
				break;
			fine = one(&v, &arena, mode % MODES, other);
			printf("%s %u - %s, %s%s%s\n", fine ? "ok" : "not ok", ++count, v.name,
			       (mode & 1) != 0 ? "checked" : "verified",
			       !other && (mode & 2) != 0 ? ", blinded" : "", other ? variant : "");
			bad += !fine;
		}
		arena_fini(&arena);
	}
	printf("1..%u\n", count);
	return bad != 0 || count == 0;
}
