/* SPDX-License-Identifier: MIT */
/* The program model: lookups by slot against a linear search, and each rule of prog_check broken.
 */
#include "prog/prog.h"

#include "base/error.h"
#include "isa/asm.h"
#include "tap.h"

static void test_dialect_name(void)
{
	CHECK_STR(dialect_name(DIALECT_WINDOWS), "windows");
	CHECK_STR(dialect_name(DIALECT_LINUX), "linux");
	CHECK_STR(dialect_name(DIALECT_UNKNOWN), "unknown");
	CHECK_STR(dialect_name((enum dialect)77), "unknown");
out:
	return;
}

/* Subprograms and lines with gaps of every kind: bits of pattern say where one starts. */
static void test_lookups(void)
{
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		struct prog_subprog subprogs[8];
		struct prog_line lines[8];
		struct prog prog = { .subprogs = subprogs, .lines = lines, .insn_count = 8 };

		for (u32 slot = 0; slot < 8; slot++) {
			if ((pattern >> slot & 1) == 0)
				continue;
			subprogs[prog.subprog_count++] = (struct prog_subprog){ NULL, slot, 1, 0 };
			lines[prog.line_count++] = (struct prog_line){ .slot = slot };
		}
		for (u32 slot = 0; slot < 10; slot++) {
			const struct prog_subprog *subprog = NULL;
			const struct prog_line *line = NULL;

			for (u32 i = 0; i < prog.line_count && slot < 8; i++) {
				if (subprogs[i].start == slot)
					subprog = &subprogs[i];
				if (lines[i].slot <= slot)
					line = &lines[i];
			}
			CHECK(prog_subprog_at(&prog, slot) == subprog);
			CHECK(prog_line_at(&prog, slot) == line);
		}
	}
out:
	return;
}

/* Checks the text as a program whose subprograms start at the slots given (ended by 0). */
static int check_text(const char *text, const u32 *starts, struct error *err)
{
	struct prog_map maps[2] = { { .name = "m" } };
	struct prog_func funcs[1] = { { .name = "f" } };
	struct prog_subprog subprogs[8];
	struct prog prog = {
		.subprogs = subprogs, .maps = maps, .map_count = 2, .funcs = funcs, .func_count = 1
	};
	insn_vec insns = { 0 };
	int status = asm_parse(text, strlen(text), &insns, err);

	if (status == 0) {
		prog.insns = insns.items;
		prog.insn_count = (u32)insns.count;
		for (u32 i = 0; i < 8; i++) {
			u32 start = i == 0 ? 0 : starts[i - 1];
			u32 end = starts[i] != 0 ? starts[i] : prog.insn_count;

			subprogs[prog.subprog_count++] =
				(struct prog_subprog){ "s", start, end - start, 0 };
			if (starts[i] == 0)
				break;
		}
		status = prog_check(&prog, err);
	}
	vec_free(&insns);
	return status;
}

static void test_check(void)
{
	static const struct {
		const char *text;
		u32 starts[4];
		const char *error; /* NULL: fine */
	} cases[] = {
		{ "exit", { 0 }, NULL },
		{ "a: goto a", { 0 }, NULL },
		{ "call f\nr1 = code f ll\nexit\nf: exit", { 4 }, NULL },
		{ "r1 = map 1 ll\nr2 = map_value 0 + 4 ll\nexit", { 0 }, NULL },
		{ "call kfunc 0\nexit", { 0 }, NULL },
		{ "r0 = 1", { 0 }, "slot 0: execution runs out" },
		{ "a: if r0 == 1 goto a", { 0 }, "slot 0: execution runs out" },
		{ "a: may_goto a", { 0 }, "slot 0: execution runs out" },
		{ "r0 = 1 ll", { 0 }, "slot 1: execution runs out" },
		{ "r0 = 1\nf: exit", { 1 }, "slot 0: execution runs out" },
		{ "goto f\nf: exit",
		  { 1 },
		  "slot 0: target 1 is outside subprogram s, slots 0 to 0" },
		{ "gotol f\nf: exit", { 1 }, "slot 0: target 1 is outside subprogram" },
		{ "may_goto f\nexit\nf: exit", { 2 }, "slot 0: target 2 is outside subprogram" },
		{ "if r0 > 1 goto f\nexit\nf: exit", { 2 }, "slot 0: target 2 is outside" },
		{ "exit\nf: exit\ncall g\ng: exit", { 1 }, "slot 2: target 3 is not the start" },
		{ "r1 = code a ll\na: exit", { 0 }, "slot 0: target 2 is not the start" },
		{ "r1 = map 2 ll\nexit", { 0 }, "slot 0: map index 2, and there are 2" },
		{ "r1 = map_value -1 + 0 ll\nexit", { 0 }, "slot 0: map index -1" },
		{ "r1 = map_idx 0 ll\nexit", { 0 }, "slot 0: unresolved map" },
		{ "r1 = map_idx_value 0 + 0 ll\nexit", { 0 }, "slot 0: unresolved map" },
		{ "call kfunc 1\nexit", { 0 }, "slot 0: function index 1, and there are 1" },
		{ "exit\nr1 = 1 ll\nexit", { 2 }, "slot 1: execution runs out" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct error err = { 0 };
		int status = check_text(cases[i].text, cases[i].starts, &err);
		const char *expected = cases[i].error != NULL ? cases[i].error : "";

		CHECK(status != ERR_NOMEM);
		if (strncmp(err.text, expected, strlen(expected)) != 0)
			printf("# %s: %s\n", cases[i].text, err.text);
		CHECK_EQ(status, cases[i].error != NULL ? ERR_NOEXEC : 0);
		CHECK(strncmp(err.text, expected, strlen(expected)) == 0);
	}
out:
	return;
}

static int check_insns(const struct insn *insns, u32 count, const struct prog_subprog *subprogs,
		       u32 subprog_count)
{
	struct prog prog = { .insns = insns,
			     .insn_count = count,
			     .subprogs = subprogs,
			     .subprog_count = subprog_count };
	struct error err = { 0 };
	int status = prog_check(&prog, &err);

	return (status != 0) == (err.text[0] != '\0') ? status : 1;
}

/* What no assembler makes. */
static void test_check_raw(void)
{
	struct insn exit = { .kind = INSN_EXIT }, lddw = { .kind = INSN_LDDW };
	struct insn high = { .kind = INSN_LDDW_HIGH };
	struct insn pair[2] = { exit, exit }, bad[] = {
		{ .kind = INSN_EXIT + 1 },
		{ .kind = INSN_EXIT, .dst = 11 },
		{ .kind = INSN_EXIT, .src = 200 },
		{ .kind = INSN_ALU, .op = ALU_OP_COUNT },
		{ .kind = INSN_JUMP_IF, .op = JUMP_OP_COUNT },
		{ .kind = INSN_ATOMIC, .op = ATOMIC_OP_COUNT },
		{ .kind = INSN_SWAP, .op = SWAP_ALWAYS + 1 },
		{ .kind = INSN_LDDW, .op = LDDW_OP_COUNT },
		{ .kind = INSN_LDDW },
		{ .kind = INSN_LDDW_HIGH },
		{ .kind = INSN_JUMP, .off = INT32_MAX },
		{ .kind = INSN_JUMP, .off = INT32_MIN },
		{ .kind = INSN_CALL_LOCAL, .off = INT32_MAX },
	};
	struct prog_subprog one = { "a", 0, 2, false }, two[2];

	CHECK_EQ(check_insns(pair, 2, &one, 1), 0);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		pair[0] = bad[i];
		CHECK_EQ(check_insns(pair, 2, &one, 1), ERR_NOEXEC);
	}
	/* A pair may not lie across two subprograms. */
	CHECK_EQ(check_insns((struct insn[]){ lddw, high, exit }, 3,
			     (struct prog_subprog[]){ { "a", 0, 1, 0 }, { "b", 1, 2, 0 } }, 2),
		 ERR_NOEXEC);
	CHECK_EQ(check_insns((struct insn[]){ lddw, high,
					      (struct insn){ .kind = INSN_JUMP, .off = -2 } },
			     3, (struct prog_subprog[]){ { "a", 0, 3, 0 } }, 1),
		 ERR_NOEXEC);
	/* Subprograms tile the program. */
	pair[0] = exit;
	CHECK_EQ(check_insns(pair, 0, &one, 1), ERR_NOEXEC);
	CHECK_EQ(check_insns(pair, PROG_MAX_SLOTS + 1, &one, 1), ERR_NOEXEC);
	CHECK_EQ(check_insns(pair, 2, &one, 0), ERR_NOEXEC);
	for (u32 start = 0; start < 3; start++) {
		for (u32 first = 0; first < 4; first++) {
			for (u32 second = 0; second < 4; second++) {
				two[0] = (struct prog_subprog){ "a", 0, first, 0 };
				two[1] = (struct prog_subprog){ "b", start, second, 0 };
				CHECK_EQ(check_insns(pair, 2, two, 2) == 0,
					 start == 1 && first == 1 && second == 1);
			}
		}
	}
	one.count = UINT32_MAX;
	CHECK_EQ(check_insns(pair, 2, &one, 1), ERR_NOEXEC);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_dialect_name), TAP_TEST(test_lookups), TAP_TEST(test_check),
	 TAP_TEST(test_check_raw))
