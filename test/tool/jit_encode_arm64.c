/* SPDX-License-Identifier: MIT */
/* jit-encode-arm64: the encoder of arm64, every row of the table with every register and the
 * immediates, as assembler text and as bytes, TEXT|BYTES line by line, for jit_encode.sh to
 * compare. With an argument all of both, else a part of those that are many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jit/arm64/encode.h"

enum sf { NO, WIDE, WIDE_N, WIDE_30, PAIR };

static const struct row {
	const char *name, *text;
	u32 bits;
	u8 sf, shift, size;
} rows[] = {
#define A64(NAME, text, bits, sf, shift, size) { #NAME, text, bits, sf, shift, size },
#include "jit/arm64/insns.def"
#undef A64
};

struct operands {
	u32 width;
	u8 d, n, m;
	s64 imm;
};

static const char *const conditions[] = { "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc",
					  "hi", "ls", "ge", "lt", "gt", "le", "al", "nv" };

static bool uses_d(const struct row *row)
{
	return strstr(row->text, "d,") != NULL || strstr(row->text, "%C") != NULL;
}

static bool uses_n(const struct row *row)
{
	return strstr(row->text, "n,") != NULL || strstr(row->text, "n]") != NULL ||
	       row->text[strlen(row->text) - 1] == 'n';
}

static bool uses_m(const struct row *row)
{
	return strstr(row->text, "m,") != NULL || strstr(row->text, "m%") != NULL ||
	       strstr(row->text, "%p") != NULL || strstr(row->text, "%t") != NULL ||
	       row->text[strlen(row->text) - 1] == 'm';
}

static u64 low(u32 bits)
{
	return bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;
}

/* By the manual's definition; 0: reserved. */
static u64 mask_value(u32 bits, u32 width)
{
	u32 n = bits >> 12, turn = bits >> 6 & 63, ones = bits & 63, size, element;
	u64 value;

	for (element = 6; element > 0 && ((n << 6 | (~ones & 63)) >> element) == 0;)
		element--;
	size = 1u << element;
	if (element == 0 || size > width || (ones & (size - 1)) == size - 1 || turn >= size)
		return 0;
	value = low((ones & (size - 1)) + 1);
	if (turn != 0)
		value = (value >> turn | value << (size - turn)) & low(size);
	for (; size < width; size *= 2)
		value |= value << size;
	return value & low(width);
}

static s64 extended(s64 imm, u32 bits)
{
	return (s64)((u64)imm << (64 - bits)) >> (64 - bits);
}

static void reg(char kind, u8 number, const struct row *row, u32 width)
{
	u32 bits = kind == 'X' ? 64 : kind == 'W' ? 32 : width;

	if (kind == 'S' && row->sf != WIDE)
		bits = 64;
	if (number == 31)
		printf("%s",
		       kind == 'S' ? (bits == 64 ? "sp" : "wsp") : (bits == 64 ? "xzr" : "wzr"));
	else
		printf("%c%u", bits == 64 ? 'x' : 'w', number);
}

static void immediate(const char **at, const struct row *row, const struct operands *o)
{
	s64 imm = o->imm;

	switch (**at) {
	case 'i':
		printf("%lld", row->size == 13 ? imm & 0xfff : imm);
		if (row->size == 13 && imm >> 12 != 0)
			printf(", lsl #12");
		return;
	case 'l': printf("0x%llx", mask_value((u32)imm, o->width)); return;
	case 'b': printf("%lld, #%lld", imm >> 6, imm & 63); return;
	case 'w': printf("0x%llx, lsl #%lld", imm & 0xffff, (imm >> 16) * 16); return;
	case '1':
	case '2':
	case '4':
	case '8': printf("%lld", imm * (**at - '0')); return;
	case '9': printf("%lld", extended(imm, 9)); return;
	case '7': printf("%lld", extended(imm, 7) * 8); return;
	case 's':
		(*at)++;
		if (imm != 0)
			printf(", lsl #%c", **at);
		return;
	case 'j':
	case 'r': printf("%lld", extended(imm, row->size) * 4); return;
	case 'c': printf("%s", conditions[imm & 15]); return;
	case 'C': printf("%s", conditions[o->d & 15]); return;
	case 't': printf("%u", o->m / 8u + (o->width == 64 ? 32 : 0)); return;
	default: abort();
	}
}

static void show(u32 i, const struct operands *o)
{
	const struct row *row = &rows[i];
	struct jit_out out = { (u8[4]){ 0 }, 0, 4 };

	a64_put(&out, (enum a64_insn)i, o->width, o->d, o->n, o->m, o->imm);
	for (const char *at = row->text; *at != '\0'; at++) {
		char kind = 0;

		if (*at != '%') {
			putchar(*at);
			continue;
		}
		if (strchr("XWS", *++at) != NULL)
			kind = *at++;
		if (*at == 'd')
			reg(kind, o->d, row, o->width);
		else if (*at == 'n')
			reg(kind, o->n, row, o->width);
		else if (*at == 'm' || *at == 'p')
			reg(kind, o->m, row, o->width);
		else if (*at == 'a')
			reg(kind, (u8)o->imm, row, o->width);
		else
			immediate(&at, row, o);
	}
	printf("|0x%02x,0x%02x,0x%02x,0x%02x\n", out.bytes[0], out.bytes[1], out.bytes[2],
	       out.bytes[3]);
}

static bool has(const struct row *row, const char *text)
{
	return strstr(row->text, text) != NULL;
}

/* Whether the immediate is one that the instruction has at this width. */
static bool is_valid(const struct row *row, u32 width, s64 imm)
{
	if (has(row, "%l")) {
		u64 value = mask_value((u32)imm, width);
		u32 back;

		if (value == 0)
			return false;
		if (!a64_mask(value, width, &back) || back != (u32)imm)
			printf("a mask that is not found: %llx\n", value);
		return true;
	}
	if (has(row, "%b"))
		return imm >> 6 < width && (imm & 63) < width;
	if (has(row, "%w"))
		return imm >> 16 < width / 16;
	return row->size != 6 || imm < width;
}

/* What has to be another register than the others. */
static bool clashes(const struct row *row, const struct operands *o)
{
	bool writes_back = has(row, "]!") || has(row, "], #");

	if (row->sf == PAIR || writes_back)
		return o->d == o->n || o->m == o->n || o->d == o->m;
	return has(row, "stxr") || has(row, "stlxr") ? o->m == o->n || o->m == o->d : false;
}

static void all_registers(u32 i, u32 width, bool all)
{
	const struct row *row = &rows[i];
	bool has_d = uses_d(row);
	bool has_n = uses_n(row);
	bool has_m = uses_m(row);

	for (u8 d = 0; d < (has_d ? 32 : 1); d++)
		for (u8 n = 0; n < (has_n ? 32 : 1); n++)
			for (u8 m = 0; m < (has_m ? 32 : 1); m++) {
				struct operands o = { width, d, n, m, has(row, "%b") ? 0x105 : 1 };

				if (has(row, "%t"))
					o.m = (u8)(8u * m);
				if (has(row, "%C") && d >= 14)
					continue;
				/* Of three, each pair and not all triples. */
				if (has_d && has_n && has_m &&
				    (d * 7 + n * 3 + m) % (all ? 8 : 64) != 0)
					continue;
				if (!all && has_d && has_n && !has_m && (d + n) % 8 != 0)
					continue;
				if (has(row, "%t") && m * 8 > 255)
					continue;
				if (!clashes(row, &o) && is_valid(row, width, o.imm))
					show(i, &o);
			}
}

static void all_immediates(u32 i, u32 width, bool all)
{
	const struct row *row = &rows[i];
	s64 count = 1ll << row->size, step;

	step = row->size > 13 ? count / 1024 + 1 : row->size > 9 && !all && !has(row, "%l") ? 7 : 1;

	for (s64 imm = 0; row->size > 0 && imm < count; imm += step) {
		struct operands o = { width, uses_d(row), uses_n(row) ? 2 : 0, uses_m(row) ? 3 : 0,
				      imm };

		if (has(row, "%t"))
			o.m = 24;
		if (is_valid(row, width, imm))
			show(i, &o);
	}
}

int main(int argc, UNUSED char **argv)
{
	for (u32 i = 0; i < A64_INSNS; i++)
		for (u32 width = 32; width <= 64; width += 32) {
			const struct row *row = &rows[i];

			if (width == 32 && (row->sf == NO || row->sf == PAIR))
				continue;
			all_registers(i, width, argc > 1);
			all_immediates(i, width, argc > 1);
		}
	return 0;
}
