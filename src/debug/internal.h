/* SPDX-License-Identifier: MIT */
/* What the forms of debug information share. */
#pragma once

#include "base/arena.h"
#include "base/strbuf.h"
#include "debug/debug.h"
#include "os/lock.h"
#include "os/os.h"

#define DEBUG_NAME_MAX 128	    /* of a function, terminated; longer names are cut */
#define DEBUG_PATH_MAX 512	    /* of a source file, likewise */
#define DEBUG_FILE_MAX (256u << 20) /* of what a process writes */

/* A piece of code that has a name: [begin, end). */
struct debug_func {
	char name[DEBUG_NAME_MAX];
	u32 begin, end;
	u32 first, last; /* its slots: [first, last) */
};

struct debug_row {
	u32 offset; /* in the code; rising */
	u32 line, col;
	u32 file; /* index */
};

/* A program's code; everything is in the arena. */
struct debug_code {
	const struct prog *prog;
	const struct jit *jit;
	u64 address;
	u32 len;
	struct debug_func *funcs; /* by rising offset */
	u32 func_count;
	u32 common; /* where the code begins that belongs to no function; up to len */
	struct debug_row *rows;
	u32 row_count;
	char (*files)[DEBUG_PATH_MAX];
	u32 file_count;
};

/* What the compiler says of its code, in the arena. */
int debug_code_describe(const struct prog *prog, const struct jit *jit, u64 address, size_t len,
			struct arena *arena, struct debug_code *ret_code,
			struct error *err) MUST_CHECK;

struct debug_form_ops {
	int (*open)(struct debug *debug, struct error *err); /* NULL: nothing to do */
	int (*made)(struct debug *debug, const struct debug_code *code, void **ret_token,
		    struct error *err);
	void (*gone)(struct debug *debug, void *token); /* NULL: likewise */
};
extern const struct debug_form_ops debug_perf_map, debug_jitdump, debug_gdb;

struct debug {
	const struct debug_form_ops *ops;
	struct jit_watch watch;
	struct os_mutex mutex; /* around the rest */
	struct os_log log;
	char path[64];
	u64 written;
	u64 index; /* of the next function in a jitdump */
};

/* Opens the log under debug->path, and writes to it. */
int debug_open_log(struct debug *debug, bool mapped, struct error *err) MUST_CHECK;
int debug_log(struct debug *debug, const struct strbuf *bytes, struct error *err) MUST_CHECK;

/* --- bytes --- */

void debug_u8(struct strbuf *out, u32 value);
void debug_u16(struct strbuf *out, u32 value);
void debug_u32(struct strbuf *out, u32 value);
void debug_u64(struct strbuf *out, u64 value);
void debug_uleb(struct strbuf *out, u64 value);
void debug_sleb(struct strbuf *out, s64 value);
void debug_str(struct strbuf *out, const char *s); /* terminated */
/* At a place that is there already. */
void debug_patch_u32(struct strbuf *out, size_t at, size_t value);

/* --- dwarf.c --- */

struct debug_dwarf {
	struct strbuf abbrev, info, line, loc, frame;
};
/* Out of memory is left in the buffers. */
void debug_dwarf_write(const struct debug_code *code, struct debug_dwarf *out);
void debug_dwarf_fini(struct debug_dwarf *dwarf);

/* An ELF file with names, lines and registers, which says where the code is and does not have it.
 */
int debug_elf_write(const struct debug_code *code, struct strbuf *out) MUST_CHECK;
/* The processor's number there. */
u32 debug_elf_machine(void);
