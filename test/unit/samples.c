/* SPDX-License-Identifier: MIT */
/* The compiled samples hold what they should: hello_world is, slot for slot, the example that eBPF
 * for Windows has published. */
#include "tap.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "elf/elf.h"
#include "os/os.h"

static const char *const hello_world =
	"b7010000726c6421 631af8ff00000000 1801000048656c6c 000000006f20576f 7b1af0ff00000000 "
	"b701000000000000 731afcff00000000 bfa1000000000000 07010000f0ffffff b70200000d000000 "
	"850000000c000000 b700000000000000 9500000000000000 ";

static void test_hello_world_slots(void)
{
	struct error err = { 0 };
	struct arena arena = { 0 };
	struct strbuf text = STRBUF_INIT;
	const struct elf_section *section;
	struct elf elf;
	u8 *bytes = NULL;
	size_t len;

	CHECK(os_file_read(SAMPLES "/hello_world.o", 1 << 20, &bytes, &len, &err) == 0);
	CHECK(elf_open(bytes, len, &arena, &elf, &err) == 0);
	section = &elf.sections[elf_section_by_name(&elf, "bind")];
	CHECK_EQ(section->size, 13 * 8);
	for (size_t i = 0; i < section->size; i++)
		strbuf_printf(&text, "%02x%s", section->data[i], i % 8 == 7 ? " " : "");
	CHECK(strbuf_status(&text) == 0);
	CHECK_STR(strbuf_str(&text), hello_world);
	/* The mark is data of its own. */
	section = &elf.sections[elf_section_by_name(&elf, ".oriel.dialect")];
	CHECK_EQ(section->size, 8);
	CHECK_STR((const char *)section->data, "windows");
	CHECK_EQ(section->flags & (ELF_SHF_WRITE | ELF_SHF_EXECINSTR), 0);
out:
	strbuf_fini(&text);
	arena_fini(&arena);
	mem_free(bytes);
}

TAP_MAIN(TAP_TEST(test_hello_world_slots))
