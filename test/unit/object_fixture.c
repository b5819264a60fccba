/* SPDX-License-Identifier: MIT */
/* See object_fixture.h. */
#include "object_fixture.h"

#include <string.h>

void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	elf_builder_init(&f->elf);
	btf_builder_init(&f->btf);
}

void fixture_fini(struct fixture *f)
{
	object_free(f->obj);
	elf_builder_fini(&f->elf);
	btf_builder_fini(&f->btf);
}

u32 fixture_code(struct fixture *f, const char *name, const u8 *bytes, size_t len)
{
	return elf_builder_section(&f->elf, name, ELF_SHT_PROGBITS,
				   ELF_SHF_ALLOC | ELF_SHF_EXECINSTR, bytes, len);
}

u32 fixture_func(struct fixture *f, const char *name, u32 section, u64 off, u64 size)
{
	return elf_builder_symbol(&f->elf, name, section, off, size, ELF_STT_FUNC, ELF_STB_GLOBAL);
}

u32 fixture_data(struct fixture *f, const char *name, const void *bytes, size_t len)
{
	return elf_builder_section(&f->elf, name, ELF_SHT_PROGBITS, ELF_SHF_ALLOC | ELF_SHF_WRITE,
				   bytes, len);
}

bool fixture_finish(struct fixture *f, u8 **ret_image, size_t *ret_len)
{
	size_t btf_len, ext_len;
	u8 *btf, *ext;

	if (f->btf.count > 0) {
		if (!btf_builder_finish(&f->btf, &btf, &btf_len) ||
		    !btf_builder_finish_ext(&f->btf, &ext, &ext_len))
			return false;
		elf_builder_section(&f->elf, ".BTF", ELF_SHT_PROGBITS, 0, btf, btf_len);
		elf_builder_section(&f->elf, ".BTF.ext", ELF_SHT_PROGBITS, 0, ext, ext_len);
	}
	return elf_builder_finish(&f->elf, ret_image, ret_len);
}

int fixture_open(struct fixture *f, enum dialect dialect)
{
	struct object_options options = {
		.size = sizeof(options), .file = "t.o", .dialect = dialect, .kconfig = f->kconfig
	};
	size_t len;
	u8 *image;

	if (!fixture_finish(f, &image, &len))
		return ERR_NOMEM;
	return object_open(image, len, &options, &f->obj, &f->err);
}

int fixture_link(struct fixture *f, const char *name)
{
	u32 idx = object_find_prog(f->obj, name);

	if (idx == PROG_NO_INDEX)
		return ERR_NOENT;
	f->err = (struct error){ 0 };
	return object_link(f->obj, idx, NULL, &f->prog, &f->err);
}

bool fixture_warned(const struct fixture *f, const char *text)
{
	for (u32 i = 0; i < f->obj->warning_count; i++)
		if (strstr(f->obj->warnings[i], text) != NULL)
			return true;
	return false;
}
