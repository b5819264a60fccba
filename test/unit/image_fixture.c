/* SPDX-License-Identifier: MIT */
#include "image_fixture.h"

#include <string.h>

#include "base/le.h"

static void put_section(u8 *p, const char *name, u32 rva, u32 size, u32 offset, u32 raw, u32 flags)
{
	for (size_t i = 0; name[i] != '\0'; i++)
		p[i] = (u8)name[i];
	le32_store(p + 8, size);
	le32_store(p + 12, rva);
	le32_store(p + 16, raw);
	le32_store(p + 20, offset);
	le32_store(p + 36, flags);
}

void fixture_image(u8 image[FIXTURE_IMAGE_SIZE])
{
	u8 *pe = image + 64, *sections = pe + 24 + 240;

	memset(image, 0, FIXTURE_IMAGE_SIZE);
	le16_store(image, 0x5a4d); /* MZ */
	le32_store(image + 60, 64);
	le32_store(pe, 0x4550); /* PE */
	le16_store(pe + 4, 0x8664);
	le16_store(pe + 6, 3);
	le16_store(pe + 20, 240);
	le16_store(pe + 22, 0x2022);
	le16_store(pe + 24, 0x20b);
	le32_store(pe + 24 + 16, 0x1000);
	le64_store(pe + 24 + 24, 0x180000000ull);
	le32_store(pe + 24 + 32, 4096);
	le32_store(pe + 24 + 36, 512);
	le32_store(pe + 24 + 56, 0x4000);
	le32_store(pe + 24 + 60, 512);
	le16_store(pe + 24 + 68, 1);
	le16_store(pe + 24 + 70, 0x160);
	le32_store(pe + 24 + 108, 16);
	put_section(sections, ".text", 0x1000, 0x180, 0x200, 0x200, 0x60000020);
	/* Not last: osslsigncode 2.5 takes the end of the file from the last section's bytes. */
	put_section(sections + 40, ".bss", 0x2000, 0x100, 0, 0, 0xc0000080);
	put_section(sections + 80, ".data", 0x3000, 0x1f0, 0x400, 0x200, 0xc0000040);
	for (unsigned i = 0; i < 0x400; i++)
		image[0x200 + i] = (u8)(i * 37 + 11);
}
