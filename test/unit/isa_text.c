/* SPDX-License-Identifier: MIT */
/* Disassembler and assembler: every encodable instruction survives the way through text, the text
 * is llvm-objdump's, and the assembler refuses what it should with the line in the error. */
#include "isa/asm.h"
#include "isa/asm_parse.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa_values.h"
#include "tap.h"

/* bytes -> insn -> text -> insn -> bytes; what went wrong, or NULL. */
static const char *text_round_trip(struct strbuf *out, const struct isa_form *form,
				   const struct isa_raw *raw)
{
	size_t slots = form->kind == INSN_LDDW ? 2 : 1;
	u8 bytes[16], again[16] = { 0 };
	struct asm_line line = { 0 };
	struct insn insn;

	raw_write(raw, bytes);
	if (insn_decode(bytes, slots, 0, &insn, NULL) != 0)
		return "does not decode";
	strbuf_reset(out);
	disasm_insn(out, &insn, 0, NULL);
	if (strbuf_status(out) != 0)
		return "no memory";
	line.p = strbuf_str(out);
	line.end = line.p + strlen(line.p);
	if (asm_statement(&line) != 0)
		return "does not assemble";
	if (line.label != NULL || insn_encode(&line.insn, again, NULL) != 0)
		return "does not encode";
	return memcmp(bytes, again, slots * 8) != 0 ? "encodes differently" : NULL;
}

static void test_round_trip(void)
{
	struct strbuf out = STRBUF_INIT;
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		struct isa_values values;
		struct isa_raw raw;

		isa_values_begin(&values, form);
		while (isa_values_next(&values, &raw)) {
			const char *problem = text_round_trip(&out, form, &raw);

			if (problem != NULL && !mem_has_failed())
				printf("# row %zu (%s): '%s' %s\n", i, form->name, strbuf_str(&out),
				       problem);
			CHECK(problem == NULL);
		}
	}
out:
	strbuf_fini(&out);
}

/* Assembles one program and gives its disassembly, lines joined by "; ". */
static int retext(struct strbuf *out, const char *text, struct error *err)
{
	insn_vec insns = { 0 };
	int status = asm_parse(text, strlen(text), &insns, err);

	strbuf_reset(out);
	for (size_t i = 0; i < insns.count && status == 0; i++) {
		if (i > 0 && insns.items[i].kind != INSN_LDDW_HIGH)
			strbuf_add(out, "; ");
		disasm_insn(out, &insns.items[i], i, NULL);
	}
	vec_free(&insns);
	return status != 0 ? status : strbuf_status(out);
}

/* As llvm-objdump 19 prints the bytes (its jump labels left out). */
static void test_objdump_text(void)
{
	static const struct {
		u8 bytes[16];
		const char *text;
	} cases[] = {
#include "isa_objdump.inc"
	};
	struct strbuf out = STRBUF_INIT;
	struct insn insn;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		strbuf_reset(&out);
		CHECK_EQ(insn_decode(cases[i].bytes, 2, i, &insn, NULL), 0);
		disasm_insn(&out, &insn, i, NULL);
		CHECK_EQ(strbuf_status(&out), 0);
		CHECK_STR(strbuf_str(&out), cases[i].text);
	}
out:
	strbuf_fini(&out);
}

/* Each line of the left syntax is the instruction on the right. */
static const char *const vector_cases[][2] = {
	{ "mov32 %r1, 0x87654321", "w1 = -0x789abcdf" },
	{ "add %r1, %r2", "r1 += r2" },
	{ "add\t%r1,5", "r1 += 0x5" },
	{ "sdiv32 %r1, -1", "w1 s/= -0x1" },
	{ "smod %r1, %r10", "r1 s%= r10" },
	{ "rsh %r1, 1", "r1 >>= 0x1" },
	{ "arsh32 %r3, %r4", "w3 s>>= w4" },
	{ "neg %r3", "r3 = -r3" },
	{ "neg32 %r3", "w3 = -w3" },
	{ "movsx832 %r1, %r2", "w1 = (s8)w2" },
	{ "movsx3264 %r1, %r2", "r1 = (s32)r2" },
	{ "le16 %r1", "r1 = le16 r1" },
	{ "be64 %r1", "r1 = be64 r1" },
	{ "swap32 %r1", "r1 = bswap32 r1" },
	{ "bswap32 %r1", "r1 = bswap32 r1" },
	{ "lddw %r1, 0xffffffffffffffff", "r1 = -0x1 ll" },
	{ "ldxdw %r1, [%r10-8]", "r1 = *(u64 *)(r10 - 0x8)" },
	{ "ldxsh %r1, [%r2]", "r1 = *(s16 *)(r2 + 0x0)" },
	{ "stb [%r10 + 4], 0xff", "*(u8 *)(r10 + 0x4) = 0xff" },
	{ "stxw [%r10-0x10], %r4", "*(u32 *)(r10 - 0x10) = r4" },
	{ "jeq %r1, 5, +0", "if r1 == 0x5 goto +0x0" },
	{ "jsle32 %r1, %r2, -1", "if w1 s<= w2 goto -0x1" },
	{ "ja +0", "goto +0x0" },
	{ "ja32 +0", "gotol +0x0" },
	{ "may_goto +0", "may_goto +0x0" },
	{ "call 5", "call 0x5" },
	{ "call helper 5", "call 0x5" },
	{ "call local -1", "call -0x1" },
	{ "call runtime 5", "call kfunc 0x5" },
	{ "call %r2", "callx r2" },
	{ "lock add [%r1], %r2", "lock *(u64 *)(r1 + 0x0) += r2" },
	{ "lock and32 [%r1+4], %r2", "lock *(u32 *)(r1 + 0x4) &= w2" },
	{ "lock fetch or [%r1], %r2", "r2 = atomic_fetch_or((u64 *)(r1 + 0x0), r2)" },
	{ "lock xchg32 [%r1], %r2", "w2 = xchg32_32(r1 + 0x0, w2)" },
	{ "lock fetch xchg [%r1], %r2", "r2 = xchg_64(r1 + 0x0, r2)" },
	{ "lock cmpxchg [%r1-8], %r2", "r0 = cmpxchg_64(r1 - 0x8, r0, r2)" },
	{ "ldabsw 4", "r0 = *(u32 *)skb[0x4]" },
	{ "ldindb %r3, 1", "r0 = *(u8 *)skb[r3 + 0x1]" },
	{ "load_acquireb %r1, [%r2]", "w1 = load_acquire((u8 *)(r2 + 0x0))" },
	{ "store_releasedw [%r2], %r1", "store_release((u64 *)(r2 + 0x0), r1)" },
	{ "exit", "exit" },
	/* llvm's own spelling where ours prints another */
	{ "w1 = *(u32 *)(r2 + 4)", "r1 = *(u32 *)(r2 + 0x4)" },
	{ "*(u32 *)(r2 + 4) = w1", "*(u32 *)(r2 + 0x4) = r1" },
	{ "r1 = 4294967295", "r1 = -0x1" },
	{ "r1=0xffffffff ll", "r1 = 0xffffffff ll" },
	{ "call 0xffffffff", "call 0xffffffff" },
	{ "r1 = map_value 0x1 + 0xffffffff ll <a>", "r1 = map_value 0x1 + 0xffffffff ll" },
	{ "call 12 <bpf_printk>", "call 0xc" },
};

static void test_vector_text(void)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(vector_cases); i++) {
		int status = retext(&out, vector_cases[i][0], &err);

		/* A lone instruction's target may be outside: then assemble an exit behind it. */
		if (status == ERR_NOEXEC) {
			char text[100];

			snprintf(text, sizeof(text), "%s\nexit", vector_cases[i][0]);
			CHECK_EQ(retext(&out, text, &err), 0);
			out.data[out.len - strlen("; exit")] = '\0';
			status = 0;
		}
		if (status != 0 && status != ERR_NOMEM)
			printf("# %s: %s\n", vector_cases[i][0], err.text);
		CHECK_EQ(status, 0);
		CHECK_STR(strbuf_str(&out), vector_cases[i][1]);
	}
out:
	strbuf_fini(&out);
}

static void test_labels(void)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	CHECK_EQ(retext(&out,
			"# a comment\n"
			"start: mov %r0, 1 ; another\r\n"
			"\tjeq %r0, 1, exit\n"
			"a: b:\n"
			"  if r0 == 1 goto end\n"
			"  goto start\n"
			"  exit\n"
			"end: r1 = 5 ll\n"
			"  call f\n"
			"  r2 = code f ll\n"
			"  goto a <ignored>\n"
			"f:\n"
			"exit",
			&err),
		 0);
	CHECK_STR(strbuf_str(&out),
		  "r0 = 0x1; if r0 == 0x1 goto +0x2; if r0 == 0x1 goto +0x2; goto -0x4; exit; "
		  "r1 = 0x5 ll; call +0x3; r2 = code +0x2 ll; goto -0x9; exit");
	/* A label of that name wins over the first exit. */
	CHECK_EQ(retext(&out, "goto exit\nexit\nexit: exit\n", &err), 0);
	CHECK_STR(strbuf_str(&out), "goto +0x1; exit; exit");
out:
	strbuf_fini(&out);
}

static void test_appends(void)
{
	insn_vec insns = { 0 };

	CHECK_EQ(asm_parse("exit", 4, &insns, NULL), 0);
	CHECK_EQ(asm_parse("a: goto a\n", 10, &insns, NULL), 0);
	CHECK_EQ(insns.count, 2);
	CHECK_EQ(insns.items[1].off, -1);
out:
	vec_free(&insns);
}

static void test_refused(void)
{
	static const char *const cases[][2] = {
		{ "", "the program is empty" },
		{ "exit\nfoo", "line 2: unknown instruction at 'foo'" },
		{ "exit\n\n\nr1 =", "line 4: expected a register at the end of the line" },
		{ "r1 += w2", "line 1: registers of different widths" },
		{ "r1 = -r2", "line 1: the registers must be the same" },
		{ "r11 = 1", "line 1: unknown instruction at 'r11 = 1'" },
		{ "r10 = 1", "line 1: mov: dst must not be r10" },
		{ "r1 = 4294967296", "line 1: the number exceeds 32 bits" },
		{ "r1 = -2147483649", "line 1: the number exceeds 32 bits" },
		{ "r1 = 18446744073709551616 ll", "line 1: the number exceeds 64 bits" },
		{ "r1 = -9223372036854775809 ll", "line 1: the number exceeds 64 bits" },
		{ "r1 = 0x", "line 1: malformed number" },
		{ "r1 = 5x", "line 1: malformed number" },
		{ "r1 = *(u32 *)(r2 + 40000)", "line 1: ldxw: 40000 does not fit the 16 bits" },
		{ "r1 = *(u32 *)(r2 + 4294967295)", "line 1: the distance exceeds 32 bits" },
		{ "w1 = *(u64 *)(r2 + 0)", "line 1: this load takes an r register" },
		{ "w1 = *(s8 *)(r2 + 0)", "line 1: this load takes an r register" },
		{ "r1 = *(s64 *)(r2 + 0)", "line 1: expected a type" },
		{ "*(s8 *)(r2 + 0) = r1", "line 1: expected an unsigned type" },
		{ "r1 = *(u32 *)skb[1]", "line 1: packet loads" },
		{ "r1 = bswap24 r1", "line 1: expected a register" },
		{ "r2 = cmpxchg_64(r1 + 0, r2, r3)", "line 1: cmpxchg compares with register 0" },
		{ "r0 = cmpxchg_64(r1 + 0, r0, w3)", "line 1: the register's width" },
		{ "r2 = atomic_fetch_add((u64 *)(r1 + 0), r3)", "line 1: the registers must be" },
		{ "if r1 = r2 goto +1", "line 1: expected a comparison" },
		{ "if r1 > r2 goto 1", "line 1: expected +N, -N or a label" },
		{ "goto there", "line 1: there is no label there" },
		{ "a: exit\na: exit", "line 2: label a is there already" },
		{ "1a: exit", "line 1: a label begins with a letter" },
		{ "exit exit", "line 1: unexpected text at 'exit'" },
		{ "goto +5", "slot 0: target 6 is outside" },
		{ "goto +40000", "line 1: ja: 40000 does not fit the 16 bits of off; a long jump" },
		{ "a: goto b\nb:", "slot 0: target 1 is outside" },
		{ "add %r1", "line 1: expected ','" },
		{ "stw [%r1], %r2", "line 1: expected a number" },
		{ "stxw [%r1], 2", "line 1: expected a register" },
		{ "lock nand [%r1], %r2", "line 1: expected an atomic operation" },
		{ "lock add [%r1], 5", "line 1: expected a register" },
		{ "call w2", "line 1: a call takes an r register" },
		{ "\x01\xff", "line 1: unknown instruction at '?\?'" },
	};
	insn_vec insns = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct error err = { 0 };
		int status = asm_parse(cases[i][0], strlen(cases[i][0]), &insns, &err);

		CHECK(status != ERR_NOMEM);
		if (status == 0 || strncmp(err.text, cases[i][1], strlen(cases[i][1])) != 0)
			printf("# '%s': %s\n", cases[i][0], err.text);
		CHECK(status != 0);
		CHECK_EQ(status, err.status);
		CHECK(strncmp(err.text, cases[i][1], strlen(cases[i][1])) == 0);
		vec_free(&insns);
	}
out:
	vec_free(&insns);
}

static const char *name_for(void *arg, u32 number)
{
	snprintf(arg, 32, "n%u", number);
	return arg;
}

static void test_names(void)
{
	static const struct {
		struct insn insn;
		const char *text;
	} cases[] = {
		{ { .kind = INSN_JUMP, .off = -3 }, "goto -0x3 <n8>" },
		{ { .kind = INSN_JUMP, .off = -12 }, "goto -0xc" },
		{ { .kind = INSN_CALL, .imm = 6 }, "call 0x6 <n6>" },
		{ { .kind = INSN_CALL_LOCAL, .off = 1 }, "call +0x1 <n12>" },
		{ { .kind = INSN_CALL_KFUNC, .imm = 2, .off = 1 },
		  "call kfunc 0x2 module 0x1 <n2>" },
		{ { .kind = INSN_LDDW, .op = LDDW_MAP, .imm = 3 }, "r0 = map 0x3 ll <n3>" },
		{ { .kind = INSN_LDDW, .op = LDDW_CODE, .off = 3 }, "r0 = code +0x3 ll <n14>" },
		{ { .kind = INSN_LDDW, .op = LDDW_IMM, .imm = 3 }, "r0 = 0x3 ll" },
		{ { .kind = 200 }, "<unknown>" },
	};
	char buf[32];
	const struct disasm_names names = { buf, name_for, name_for, name_for, name_for };
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		strbuf_reset(&out);
		disasm_insn(&out, &cases[i].insn, 10, &names);
		CHECK_EQ(strbuf_status(&out), 0);
		CHECK_STR(strbuf_str(&out), cases[i].text);
	}
out:
	strbuf_fini(&out);
}

TAP_MAIN(TAP_TEST(test_round_trip), TAP_TEST(test_objdump_text), TAP_TEST(test_vector_text),
	 TAP_TEST(test_labels), TAP_TEST(test_appends), TAP_TEST(test_refused),
	 TAP_TEST(test_names))
