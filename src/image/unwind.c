/* SPDX-License-Identifier: MIT */
/* What an image's tables for unwinding say of its functions: each that changes a register which
 * its caller counts on is there, and where it keeps that register meanwhile. */
#include "base/le.h"
#include "image/internal.h"

#define ENTRY_SIZE 12 /* begin, end, and the place of what is known of the function */
#define INFO_SIZE  4  /* what is known, before its codes */

enum unwind_op {
	PUSH_NONVOL = 0,
	ALLOC_LARGE = 1,
	ALLOC_SMALL = 2,
	SET_FRAME = 3,
	SAVE_NONVOL = 4,
	SAVE_NONVOL_FAR = 5,
	PUSH_FRAME = 10,
};

/* How many codes an operation is; 0: it saves a vector register, or is not known. */
static u32 op_size(u32 op, u32 info)
{
	switch (op) {
	case PUSH_NONVOL:
	case ALLOC_SMALL:
	case SET_FRAME:
	case PUSH_FRAME: return 1;
	case ALLOC_LARGE: return info == 0 ? 2 : 3;
	case SAVE_NONVOL: return 2;
	case SAVE_NONVOL_FAR: return 3;
	default: return 0;
	}
}

/* The bytes as they were copied, and checked there. */
static const u8 *bytes_at(const struct image *image, const struct pe *pe, u32 rva, u32 size)
{
	return pe_at(pe, rva, size) != NULL ? image->code.view + rva : NULL;
}

static bool saves_vectors(const struct image *image, const struct pe *pe, u32 rva)
{
	const u8 *info = bytes_at(image, pe, rva, INFO_SIZE), *codes;
	u32 count;

	if (info == NULL || (info[0] & 7) != 1) /* another version */
		return true;
	count = info[2];
	codes = bytes_at(image, pe, rva + INFO_SIZE, 2 * count);
	if (codes == NULL)
		return true;
	for (u32 i = 0, size; i < count; i += size) {
		size = op_size(codes[2 * i + 1] & 15, codes[2 * i + 1] >> 4);
		if (size == 0)
			return true;
	}
	return false;
}

bool image_keeps_vectors(const struct image *image, const struct pe *pe)
{
	const struct pe_extent *dir = &pe->dirs[PE_DIR_EXCEPTION];

	if (pe->machine != PE_X86_64 || dir->size == 0 || dir->size % ENTRY_SIZE != 0)
		return true;
	for (u32 at = 0; at < dir->size; at += ENTRY_SIZE) {
		const u8 *entry = bytes_at(image, pe, dir->offset + at, ENTRY_SIZE);

		if (entry == NULL || saves_vectors(image, pe, le32_load(entry + 8)))
			return true;
	}
	return false;
}
