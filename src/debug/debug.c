/* SPDX-License-Identifier: MIT */
/* From the compiler's watch to a form of debug information. */
#include "base/format.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/str.h"
#include "debug/internal.h"

/* --- bytes --- */

static void put(struct strbuf *out, u64 value, u32 size)
{
	u8 bytes[8];

	le64_store(bytes, value);
	strbuf_add_len(out, (const char *)bytes, size);
}

void debug_u8(struct strbuf *out, u32 value)
{
	put(out, value, 1);
}

void debug_u16(struct strbuf *out, u32 value)
{
	put(out, value, 2);
}

void debug_u32(struct strbuf *out, u32 value)
{
	put(out, value, 4);
}

void debug_u64(struct strbuf *out, u64 value)
{
	put(out, value, 8);
}

void debug_uleb(struct strbuf *out, u64 value)
{
	for (; value >= 0x80; value >>= 7)
		debug_u8(out, (u32)(value & 0x7f) | 0x80);
	debug_u8(out, (u32)value);
}

void debug_sleb(struct strbuf *out, s64 value)
{
	for (; value < -64 || value > 63; value >>= 7)
		debug_u8(out, (u32)(value & 0x7f) | 0x80);
	debug_u8(out, (u32)(value & 0x7f));
}

void debug_str(struct strbuf *out, const char *s)
{
	strbuf_add_len(out, s, strlen(s) + 1);
}

void debug_patch_u32(struct strbuf *out, size_t at, size_t value)
{
	if (!out->failed && at + 4 <= out->len)
		le32_store((u8 *)out->data + at, (u32)value);
}

/* --- files --- */

int debug_open_log(struct debug *debug, bool mapped, struct error *err)
{
	return os_log_open(debug->path, mapped, &debug->log, err);
}

int debug_log(struct debug *debug, const struct strbuf *bytes, struct error *err)
{
	if (strbuf_status(bytes) != 0)
		return error_set(err, ERR_NOMEM, "%s: out of memory", debug->path);
	if (bytes->len > DEBUG_FILE_MAX - debug->written)
		return error_set(err, ERR_TOOBIG, "%s: more than %u bytes", debug->path,
				 DEBUG_FILE_MAX);
	debug->written += bytes->len;
	if (os_log_add(&debug->log, bytes->data, bytes->len) != 0)
		return error_set(err, ERR_IO, "%s: cannot write", debug->path);
	return 0;
}

/* --- the watch --- */

static int made(void *arg, const struct prog *prog, const struct jit *jit, u64 address, size_t len,
		void **ret_token, struct error *err)
{
	struct debug *debug = arg;
	struct debug_code code;
	struct arena arena;
	int status;

	arena_init(&arena, 0);
	status = debug_code_describe(prog, jit, address, len, &arena, &code, err);
	if (status == 0) {
		os_mutex_take(&debug->mutex);
		status = debug->ops->made(debug, &code, ret_token, err);
		os_mutex_give(&debug->mutex);
	}
	arena_fini(&arena);
	return status;
}

static void gone(void *arg, void *token)
{
	struct debug *debug = arg;

	if (debug->ops->gone == NULL)
		return;
	os_mutex_take(&debug->mutex);
	debug->ops->gone(debug, token);
	os_mutex_give(&debug->mutex);
}

int debug_new(enum debug_form form, struct debug **ret_debug, struct error *err)
{
	static const struct debug_form_ops *const forms[DEBUG_FORMS] = {
		[DEBUG_PERF_MAP] = &debug_perf_map,
		[DEBUG_JITDUMP] = &debug_jitdump,
		[DEBUG_GDB] = &debug_gdb,
	};
	struct debug *debug = mem_zalloc(sizeof(*debug));
	int status = 0;

	if (debug == NULL)
		return error_set(err, ERR_NOMEM, "no memory for debug information");
	debug->ops = forms[form];
	debug->watch = (struct jit_watch){
		.made = made,
		.gone = gone,
		.arg = debug,
		.keep_registers = form == DEBUG_GDB,
		.open_memory = form != DEBUG_JITDUMP,
	};
	if (debug->ops->open != NULL)
		status = debug->ops->open(debug, err);
	if (status != 0) {
		debug_free(debug);
		return status;
	}
	*ret_debug = debug;
	return 0;
}

void debug_free(struct debug *debug)
{
	if (debug == NULL)
		return;
	os_log_close(&debug->log);
	mem_free(debug);
}

const struct jit_watch *debug_watch(const struct debug *debug)
{
	return &debug->watch;
}

const char *debug_path(const struct debug *debug)
{
	return debug->path[0] != '\0' ? debug->path : NULL;
}
