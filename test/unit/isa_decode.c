/* SPDX-License-Identifier: MIT */
/* Decoder and encoder: known programs, every form with every register and boundary values, every
 * reserved field, random bytes, and what needs the whole program. */
#include "isa/decode.h"
#include "isa_negatives.h"
#include "isa_values.h"
#include "tap.h"

static struct isa_raw raw_of(u8 opcode, int dst, int src, int off, s32 imm)
{
	return (struct isa_raw){ opcode, { dst, src, off, imm, 0 } };
}

/* Decodes one slot that raw stands for. */
static int decode_raw(struct isa_raw raw, struct insn *ret_insn, struct error *err)
{
	u8 bytes[16];

	raw_write(&raw, bytes);
	return insn_decode(bytes, 1, 3, ret_insn, err);
}

/* The start of the original's published example. */
static void test_known(void)
{
	static const u8 bytes[] = {
		0xb7, 0x01, 0, 0, 0x72, 0x6c, 0x64, 0x21, 0x63, 0x1a, 0xf8, 0xff,
		0,    0,    0, 0, 0x18, 0x01, 0,    0,	  0x48, 0x65, 0x6c, 0x6c,
		0,    0,    0, 0, 0x6f, 0x20, 0x57, 0x6f, 0x85, 0,    0,    0,
		0x0c, 0,    0, 0, 0x95, 0,    0,    0,	  0,	0,    0,    0,
	};
	struct insn insns[6];
	struct error err = { 0 };

	CHECK_EQ(insn_decode_all(bytes, 6, insns, &err), 0);
	CHECK_EQ(insns[0].kind, INSN_ALU);
	CHECK_EQ(insns[0].op, ALU_MOV);
	CHECK_EQ(insns[0].width, 64);
	CHECK_EQ(insns[0].flags, INSN_IMM);
	CHECK_EQ(insns[0].dst, 1);
	CHECK_EQ(insns[0].imm, 0x21646c72);
	CHECK_EQ(insns[1].kind, INSN_STORE);
	CHECK_EQ(insns[1].size, 4);
	CHECK_EQ(insns[1].dst, 10);
	CHECK_EQ(insns[1].src, 1);
	CHECK_EQ(insns[1].off, -8);
	CHECK_EQ(insns[2].kind, INSN_LDDW);
	CHECK_EQ(insns[2].imm, 0x6f57206f6c6c6548);
	CHECK_EQ(insns[3].kind, INSN_LDDW_HIGH);
	CHECK_EQ(insns[4].kind, INSN_CALL);
	CHECK_EQ(insns[4].imm, 12);
	CHECK_EQ(insns[5].kind, INSN_EXIT);
out:
	return;
}

/* What goes where, one of each kind, spelled out by hand. */
static void test_fields(void)
{
	struct insn insn;
	struct error err;

	CHECK_EQ(decode_raw(raw_of(0x85, 0, 1, 0, -7), &insn, &err), 0);
	CHECK(insn.kind == INSN_CALL_LOCAL && insn.off == -7 && insn.imm == 0);
	CHECK_EQ(decode_raw(raw_of(0x85, 0, 2, 3, 99), &insn, &err), 0);
	CHECK(insn.kind == INSN_CALL_KFUNC && insn.off == 3 && insn.imm == 99);
	CHECK_EQ(decode_raw(raw_of(0x8d, 4, 0, 0, 0), &insn, &err), 0);
	CHECK(insn.kind == INSN_CALLX && insn.dst == 4);
	CHECK_EQ(decode_raw(raw_of(0x06, 0, 0, 0, 100000), &insn, &err), 0);
	CHECK(insn.kind == INSN_JUMP && insn.flags == INSN_LONG && insn.off == 100000);
	CHECK_EQ(decode_raw(raw_of(0xe5, 0, 0, -2, 0), &insn, &err), 0);
	CHECK(insn.kind == INSN_MAY_GOTO && insn.off == -2);
	CHECK_EQ(decode_raw(raw_of(0xbf, 1, 2, 32, 0), &insn, &err), 0);
	CHECK(insn.kind == INSN_MOVSX && insn.width == 64 && insn.size == 4);
	CHECK_EQ(decode_raw(raw_of(0x3c, 1, 2, 1, 0), &insn, &err), 0);
	CHECK(insn.kind == INSN_ALU && insn.op == ALU_SDIV && insn.width == 32);
	CHECK_EQ(decode_raw(raw_of(0xdb, 1, 2, 8, 0xf1), &insn, &err), 0);
	CHECK(insn.kind == INSN_ATOMIC && insn.op == ATOMIC_CMPXCHG && insn.size == 8 &&
	      insn.flags == INSN_FETCH && insn.imm == 0);
	CHECK_EQ(decode_raw(raw_of(0xcb, 1, 2, 8, 0x110), &insn, &err), 0);
	CHECK(insn.kind == INSN_STORE_REL && insn.size == 2 && insn.dst == 1 && insn.src == 2);
	CHECK_EQ(decode_raw(raw_of(0xd3, 1, 2, 8, 0x100), &insn, &err), 0);
	CHECK(insn.kind == INSN_LOAD_ACQ && insn.size == 1);
	CHECK_EQ(decode_raw(raw_of(0x50, 0, 2, 0, -1), &insn, &err), 0);
	CHECK(insn.kind == INSN_LD_PACKET && insn.src == 2 && insn.imm == -1 && insn.size == 1);
	CHECK_EQ(decode_raw(raw_of(0xd7, 2, 0, 0, 32), &insn, &err), 0);
	CHECK(insn.kind == INSN_SWAP && insn.op == SWAP_ALWAYS && insn.size == 4);
	CHECK_EQ(decode_raw(raw_of(0x91, 2, 3, -1, 0), &insn, &err), 0);
	CHECK(insn.kind == INSN_LOAD && insn.flags == INSN_SIGNED && insn.size == 1);
out:
	return;
}

/* Each row's encoding decodes to the row, and encodes back. */
static const char *form_round_trip(const struct isa_form *form, const struct isa_raw *raw)
{
	size_t slots = form->kind == INSN_LDDW ? 2 : 1;
	u8 bytes[16], again[16] = { 0 };
	struct insn insn;
	struct error err;

	raw_write(raw, bytes);
	if (insn_decode(bytes, slots, 0, &insn, &err) != 0)
		return "does not decode";
	if (insn.kind != form->kind || insn.op != form->op || insn.width != form->width ||
	    insn.size != form->size || insn.flags != form->flags)
		return "decodes to another form";
	if (insn_encode(&insn, again, &err) != 0)
		return "does not encode";
	return memcmp(bytes, again, slots * 8) != 0 ? "encodes differently" : NULL;
}

static void test_all_forms(void)
{
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		struct isa_values values;
		struct isa_raw raw;

		isa_values_begin(&values, form);
		while (isa_values_next(&values, &raw)) {
			const char *problem = form_round_trip(form, &raw);

			if (problem != NULL)
				printf("# row %zu (%s): %s\n", i, form->name, problem);
			CHECK(problem == NULL);
		}
	}
out:
	return;
}

/* RFC 9669's registry, group by group. It has two rows more in base64 or fewer than ours: the
 * second slot of lddw counts there, the three sign-extending loads are missing. */
static void test_groups(void)
{
	static const size_t expected[GROUP_COUNT] = {
		[GROUP_BASE32] = 64,   [GROUP_BASE64] = 58 - 1 + 3, [GROUP_ATOMIC32] = 10,
		[GROUP_ATOMIC64] = 10, [GROUP_DIVMUL32] = 10,	    [GROUP_DIVMUL64] = 10,
		[GROUP_PACKET] = 6,    [GROUP_CALLX] = 1,	    [GROUP_LINUX] = 9,
	};
	size_t count[GROUP_COUNT] = { 0 };
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++)
		count[form->group]++;
	for (unsigned group = 0; group < GROUP_COUNT; group++)
		CHECK_EQ(count[group], expected[group]);
out:
	return;
}

struct negative_result {
	size_t count;
	char problem[400];
};

static void check_negative(void *arg, const char *name, const u8 *bytes, size_t slots,
			   const char *field)
{
	struct negative_result *result = arg;
	struct error err = { 0 };
	struct insn insn;
	char wanted[40];

	snprintf(wanted, sizeof(wanted), "%s%s", field,
		 strcmp(field, "opcode") == 0 ? "" : " must");
	result->count++;
	if (insn_decode(bytes, slots, 0, &insn, &err) == 0)
		snprintf(result->problem, sizeof(result->problem), "%s is accepted", name);
	else if (strstr(err.text, wanted) == NULL)
		snprintf(result->problem, sizeof(result->problem), "%s: %s", name, err.text);
}

static void test_negatives(void)
{
	struct negative_result result = { 0 };

	negatives_each(check_negative, &result);
	CHECK_STR(result.problem, "");
	CHECK(result.count > 2000);
out:
	return;
}

static void test_error_texts(void)
{
	struct insn insn;
	struct error err;

	CHECK_EQ(decode_raw(raw_of(0x07, 1, 4, 0, 0), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x07 (add): src must be 0, not 4");
	CHECK_EQ(decode_raw(raw_of(0xbf, 1, 4, 9, 0), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0xbf (mov): off must be 0, 8, 16 or 32, not 9");
	CHECK_EQ(decode_raw(raw_of(0x0f, 1, 12, 0, 0), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x0f (add): src must be a register, 0 to 10, not 12");
	CHECK_EQ(decode_raw(raw_of(0x07, 10, 0, 0, 0), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x07 (add): dst must not be r10, the frame pointer is "
			    "read-only");
	CHECK_EQ(decode_raw(raw_of(0x8d, 0, 0, 0, 2), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x8d (callx): imm must be 0, not 2: the register "
			    "belongs in dst, older compilers put it into imm");
	CHECK_EQ(decode_raw(raw_of(0xff, 0, 0, 0, 2), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0xff is no instruction");
	CHECK_EQ(decode_raw(raw_of(0x18, 0, 0, 0, 2), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x18 (lddw): the second half is missing");
	CHECK_EQ(decode_raw(raw_of(0x85, 5, 1, 0, 2), &insn, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "slot 3: opcode 0x85 (call local): dst must be 0, not 5");
	CHECK_EQ(insn_decode(NULL, 0, 0, &insn, NULL), ERR_NOEXEC);
out:
	return;
}

static int decode_program(const struct isa_raw *raws, size_t count, struct error *err)
{
	struct insn insns[8];
	u8 bytes[8 * 8 + 8];

	for (size_t i = 0; i < count; i++)
		raw_write(&raws[i], bytes + i * 8);
	return insn_decode_all(bytes, count, insns, err);
}

static void test_targets(void)
{
	static const u8 jumps[] = { 0x05, 0x15, 0x1d, 0x16, 0x1e, 0xe5 };
	struct isa_raw lddw = raw_of(0x18, 0, 0, 0, 0), high = raw_of(0, 0, 0, 0, 0);
	struct isa_raw exit = raw_of(0x95, 0, 0, 0, 0);
	struct error err;

	for (unsigned i = 0; i < ARRAY_COUNT(jumps); i++) {
		for (int off = -4; off <= 4; off++) {
			struct isa_raw raws[] = { exit, lddw, high, raw_of(jumps[i], 0, 0, off, 0),
						  exit };
			bool good = off >= -4 && off <= 0 && off != -2;

			CHECK_EQ(decode_program(raws, 5, &err) == 0, good);
		}
	}
	for (int off = -4; off <= 4; off++) {
		struct isa_raw far[] = { exit, lddw, high, raw_of(0x06, 0, 0, 0, off), exit };
		struct isa_raw call[] = { exit, lddw, high, raw_of(0x85, 0, 1, 0, off), exit };
		struct isa_raw code[] = { exit, raw_of(0x18, 0, 4, 0, off), high, exit };
		bool good = off <= 0 && off != -2;

		CHECK_EQ(decode_program(far, 5, &err) == 0, good);
		CHECK_EQ(decode_program(call, 5, &err) == 0, good);
		CHECK_EQ(decode_program(code, 4, &err) == 0, off >= -2 && off <= 1 && off != 0);
	}
	CHECK_EQ(decode_program(&exit, 0, &err), ERR_NOEXEC);
	CHECK_STR(err.text, "the program is empty");
	CHECK_EQ(decode_program(&lddw, 1, &err), ERR_NOEXEC);
out:
	return;
}

/* On lists that no decoder made. */
static void test_check_targets(void)
{
	struct insn lddw = { .kind = INSN_LDDW }, high = { .kind = INSN_LDDW_HIGH };
	struct insn exit = { .kind = INSN_EXIT };
	struct insn jump = { .kind = INSN_JUMP, .off = INT32_MIN };

	CHECK_EQ(insn_check_targets((struct insn[]){ lddw, high, exit }, 3, NULL), 0);
	CHECK_EQ(insn_check_targets((struct insn[]){ high, exit }, 2, NULL), ERR_NOEXEC);
	CHECK_EQ(insn_check_targets((struct insn[]){ lddw, exit }, 2, NULL), ERR_NOEXEC);
	CHECK_EQ(insn_check_targets((struct insn[]){ lddw, high, high }, 3, NULL), ERR_NOEXEC);
	CHECK_EQ(insn_check_targets((struct insn[]){ exit, lddw }, 2, NULL), ERR_NOEXEC);
	CHECK_EQ(insn_check_targets((struct insn[]){ exit, jump }, 2, NULL), ERR_NOEXEC);
	jump.off = INT32_MAX;
	CHECK_EQ(insn_check_targets((struct insn[]){ exit, jump }, 2, NULL), ERR_NOEXEC);
out:
	return;
}

static int encode_status(struct insn insn)
{
	u8 bytes[16];
	struct error err = { 0 };
	int status = insn_encode(&insn, bytes, &err);

	return (err.text[0] != '\0') == (status != 0) ? status : 1;
}

static void test_encode_refuses(void)
{
	struct insn add = { .kind = INSN_ALU, .op = ALU_ADD, .width = 64, .flags = INSN_IMM };
	struct insn jump = { .kind = INSN_JUMP, .off = 32768 };
	struct insn bad;

	CHECK_EQ(encode_status(add), 0);
	bad = add, bad.kind = INSN_EXIT + 1;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.op = ALU_OP_COUNT;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.width = 16;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.flags = INSN_LONG;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.dst = 10;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.dst = 11;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.src = 1;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.off = 1;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.imm = 1ll << 31;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	bad = add, bad.imm = -(1ll << 31) - 1;
	CHECK_EQ(encode_status(bad), ERR_INVAL);
	CHECK_EQ(encode_status(jump), ERR_INVAL);
	jump.flags = INSN_LONG;
	CHECK_EQ(encode_status(jump), 0);
	jump.imm = 1;
	CHECK_EQ(encode_status(jump), ERR_INVAL);
	CHECK_EQ(encode_status((struct insn){ .kind = INSN_LDDW_HIGH }), ERR_INVAL);
	CHECK_EQ(encode_status((struct insn){ .kind = INSN_ATOMIC, .op = ATOMIC_XCHG, .size = 8 }),
		 ERR_INVAL);
out:
	return;
}

/* Whatever decodes encodes back. Three in four samples have small fields, so that many decode. */
static void test_random(void)
{
	u64 state = 1, decoded = 0;

	for (unsigned i = 0; i < 300000; i++) {
		u8 bytes[16], again[16];
		struct insn insn;
		struct error err = { 0 };

		for (unsigned k = 0; k < 16; k++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			bytes[k] = (u8)(state >> 56);
			if (k > 0 && (i & 3) != 0 && (state >> 40 & 3) != 0)
				bytes[k] = k > 1 ? 0 : bytes[k] & 0x11;
		}
		if (insn_decode(bytes, 2, 0, &insn, &err) != 0) {
			CHECK(err.text[0] != '\0');
			continue;
		}
		decoded++;
		CHECK_EQ(insn_encode(&insn, again, &err), 0);
		CHECK(memcmp(bytes, again, insn_slots(&insn) * 8) == 0);
	}
	CHECK(decoded > 3000);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_known), TAP_TEST(test_fields), TAP_TEST(test_all_forms),
	 TAP_TEST(test_groups), TAP_TEST(test_negatives), TAP_TEST(test_error_texts),
	 TAP_TEST(test_targets), TAP_TEST(test_check_targets), TAP_TEST(test_encode_refuses),
	 TAP_TEST(test_random))
