/* SPDX-License-Identifier: MIT */
/* arm64 instructions to words. */
#include "jit/arm64/encode.h"

enum sf { NO, WIDE, WIDE_N, WIDE_30, PAIR };

static const struct row {
	u32 bits;
	u8 sf, shift, size;
} rows[] = {
#define A64(NAME, text, bits, sf, shift, size) { bits, sf, shift, size },
#include "jit/arm64/insns.def"
#undef A64
};

static u32 field(const struct row *row, s64 imm)
{
	return ((u32)imm & ((1u << row->size) - 1)) << row->shift;
}

static u32 width_bits(const struct row *row, u32 width)
{
	switch ((enum sf)row->sf) {
	case WIDE: return width == 64 ? 1u << 31 : 0;
	case WIDE_N: return width == 64 ? 1u << 31 | 1u << 22 : 0;
	case WIDE_30: return width == 64 ? 1u << 30 : 0;
	case NO:
	case PAIR: break;
	}
	return 0;
}

void a64_put(struct jit_out *out, enum a64_insn insn, u32 width, u32 d, u32 n, u32 m, s64 imm)
{
	const struct row *row = &rows[insn];
	u32 word = row->bits | width_bits(row, width) | d | n << 5 |
		   m << (row->sf == PAIR ? 10 : 16) | field(row, imm);

	for (u32 i = 0; i < 4 && out->len + 4 <= out->cap; i++)
		out->bytes[out->len + i] = (u8)(word >> 8 * i);
	out->len += 4;
}

bool a64_patch(struct jit_out *out, u32 at, enum a64_insn insn, s64 distance)
{
	const struct row *row = &rows[insn];
	s64 words = distance / 4, limit = 1ll << (row->size - 1);
	u32 bits = field(row, words);

	if (distance % 4 != 0 || words < -limit || words >= limit)
		return false;
	for (u32 i = 0; i < 4 && at + 4 <= out->cap; i++)
		out->bytes[at + i] |= (u8)(bits >> 8 * i);
	return true;
}

static bool is_run(u64 value) /* of ones, from bit 0 on */
{
	return value != 0 && (value & (value + 1)) == 0;
}

/* The compiler's own would be a call of a library that kernels do not have. */
u32 a64_ones(u64 value)
{
	u32 count = 0;

	for (; value != 0; value &= value - 1)
		count++;
	return count;
}

/* An element of 2 to 64 bits that is repeated; in it a run of ones, rotated. */
bool a64_mask(u64 value, u32 width, u32 *ret_bits)
{
	u32 size = 64, ones, turn;
	u64 element;

	if (width == 32)
		value = (u32)value | value << 32;
	if (value == 0 || value == UINT64_MAX)
		return false;
	while (size > 2) {
		u64 half = (1ull << size / 2) - 1;

		if ((value & half) != (value >> size / 2 & half))
			break;
		size /= 2;
	}
	element = size == 64 ? value : value & ((1ull << size) - 1);
	ones = a64_ones(element);
	for (turn = 0; turn < size; turn++) {
		if (is_run(element) && (element & 1) != 0)
			break;
		/* To the left: what the field says is how far to the right from the run. */
		element = (element << 1 | element >> (size - 1)) &
			  (size == 64 ? UINT64_MAX : (1ull << size) - 1);
	}
	if (turn == size)
		return false;
	/* N is inverted in the pattern of the element's size. */
	*ret_bits =
		(size == 64 ? 1u << 12 : 0) | turn << 6 | (((~(size * 2 - 1)) & 0x3f) | (ones - 1));
	return true;
}
