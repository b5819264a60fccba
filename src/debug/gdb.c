/* SPDX-License-Identifier: MIT */
/* gdb's interface to JIT compilers: a list of ELF files in memory, and a function that is called
 * when the list changes, in which gdb has a breakpoint. Names and layout are gdb's, and one of each
 * is all that a process can have. */
#include "base/mem.h"
#include "base/str.h"
#include "debug/internal.h"

struct gdb_entry {
	struct gdb_entry *next, *prev;
	const void *file;
	u64 size;
};

enum gdb_action { GDB_NOTHING, GDB_REGISTER, GDB_UNREGISTER };

struct gdb_descriptor {
	u32 version;
	u32 action; /* enum gdb_action */
	struct gdb_entry *relevant, *first;
};

#define GDB_SEES __attribute__((used, visibility("default")))

/* NOLINTBEGIN(bugprone-reserved-identifier) */
GDB_SEES void __jit_debug_register_code(void);
extern struct gdb_descriptor __jit_debug_descriptor;
GDB_SEES struct gdb_descriptor __jit_debug_descriptor = { 1, GDB_NOTHING, NULL, NULL };

__attribute__((noinline)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* The list is the process's. */
static struct os_mutex gdb_mutex;

static void tell(struct gdb_entry *entry, enum gdb_action action)
{
	__jit_debug_descriptor.relevant = entry;
	__jit_debug_descriptor.action = action;
	__jit_debug_register_code();
	__jit_debug_descriptor.relevant = NULL;
	__jit_debug_descriptor.action = GDB_NOTHING;
}

/* The file stands behind its entry. */
static int gdb_made(UNUSED struct debug *debug, const struct debug_code *code, void **ret_token,
		    struct error *err)
{
	struct strbuf file = STRBUF_INIT;
	struct gdb_entry *entry = NULL;
	int status = debug_elf_write(code, &file);

	if (status == 0) {
		entry = mem_alloc(sizeof(*entry) + file.len);
		status = entry == NULL ? ERR_NOMEM : 0;
	}
	if (entry != NULL) {
		memcpy(entry + 1, file.data, file.len);
		os_mutex_take(&gdb_mutex);
		*entry = (struct gdb_entry){ .next = __jit_debug_descriptor.first,
					     .file = entry + 1,
					     .size = file.len };
		if (entry->next != NULL)
			entry->next->prev = entry;
		__jit_debug_descriptor.first = entry;
		tell(entry, GDB_REGISTER);
		os_mutex_give(&gdb_mutex);
		*ret_token = entry;
	}
	strbuf_fini(&file);
	return status == 0 ? 0
			   : error_set(err, status, "no debug information for program '%.64s': %s",
				       code->prog->name, error_name(status));
}

static void gdb_gone(UNUSED struct debug *debug, void *token)
{
	struct gdb_entry *entry = token;

	os_mutex_take(&gdb_mutex);
	if (entry->next != NULL)
		entry->next->prev = entry->prev;
	if (entry->prev != NULL)
		entry->prev->next = entry->next;
	else
		__jit_debug_descriptor.first = entry->next;
	tell(entry, GDB_UNREGISTER);
	os_mutex_give(&gdb_mutex);
	mem_free(entry);
}

const struct debug_form_ops debug_gdb = { NULL, gdb_made, gdb_gone };
