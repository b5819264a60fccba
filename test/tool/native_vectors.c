/* SPDX-License-Identifier: MIT */
/* native-vectors CC WORKDIR < VECTORS: the conformance vectors that `vectors` prints, as one native
 * module: translated to C, compiled with CC, loaded, each run and its result compared. TAP. With
 * "sys" for CC the module is a Windows driver, loaded as one. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../apps/plugin/plugin.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "bpf2c.h"
#include "image/image.h"
#include "load/build.h"
#include "runtime/native.h"
#include "spec/spec.h"
#include "translate/translate.h"
#include "vector_line.h"

_Static_assert(BPF2C_HELPER_LOAD_PACKET == NATIVE_LOAD_PACKET &&
		       BPF2C_HELPER_FIND == NATIVE_FIND_HELPER && BPF2C_HELPER_STOP == NATIVE_STOP,
	       "one contract");

#define LINE_LIMIT (1 << 20)

struct vector {
	char *name;
	u64 want;
	u8 *memory;
	size_t memory_len;
	struct prog prog;
};
typedef VEC(struct vector) vector_vec;

static const struct spec_prog_type *raw_type(void)
{
	return spec_prog_type_by_name(DIALECT_UNKNOWN, "raw");
}

/* NAME|kind|want|memory|program */
static bool read_vector(char *line, struct arena *arena, struct vector *ret)
{
	char *field[VECTOR_FIELDS];
	struct error err = { 0 };
	u8 *program;
	size_t len;

	if (!vector_split(line, field))
		return false;
	if (!str_eq(field[VECTOR_KIND], "result"))
		return false; /* what is refused when it is decoded, or checked while it runs */
	*ret = (struct vector){
		.name = strcpy(arena_alloc(arena, strlen(field[VECTOR_NAME]) + 1),
			       field[VECTOR_NAME]),
		.want = strtoull(field[VECTOR_WANT], NULL, 16),
	};
	ret->memory = vector_bytes(field[VECTOR_MEMORY], arena, &ret->memory_len);
	program = vector_bytes(field[VECTOR_PROGRAM], arena, &len);
	if (bare_prog(program, len, arena, &ret->prog, &err) != 0) {
		printf("not ok - %s: %s\n", ret->name, err.text);
		return false;
	}
	ret->prog.name = ret->name;
	ret->prog.section = "vectors"; /* an image has 96 sections at most */
	ret->prog.type = raw_type();
	return true;
}

static metadata_table_t *build(const vector_vec *vectors, const char *cc, const char *dir)
{
	struct translate_prog *progs = mem_zalloc_array(vectors->count, sizeof(*progs));
	const struct translate_options options = {
		.size = sizeof(options),
		.name = "vectors",
		.file = "vectors.c",
		.form = TRANSLATE_SO,
	};
	struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;
	metadata_table_t *(*get)(void) = NULL;
	struct error err = { 0 };
	void *library;
	FILE *file;

	for (size_t i = 0; i < vectors->count; i++)
		progs[i].prog = &vectors->items[i].prog;
	if (translate_module(progs, (u32)vectors->count, &options, &text, &err) != 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	strbuf_printf(&command, "%s/vectors.c", dir);
	file = fopen(strbuf_str(&command), "w");
	if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0)
		exit(1);
	strbuf_reset(&command);
	strbuf_printf(&command,
		      "%s -shared -fPIC -I '%s/include' -o '%s/vectors.so' '%s/vectors.c'", cc,
		      TEST_SOURCE_DIR, dir, dir);
	if (system(strbuf_str(&command)) != 0) {
		printf("Bail out! %s\n", strbuf_str(&command));
		exit(1);
	}
	strbuf_reset(&command);
	strbuf_printf(&command, "%s/vectors.so", dir);
	library = dlopen(strbuf_str(&command), RTLD_NOW | RTLD_LOCAL);
	if (library != NULL)
		*(void **)&get = dlsym(library, "get_metadata_table");
	if (get == NULL) {
		printf("Bail out! %s\n", dlerror());
		exit(1);
	}
	mem_free(progs);
	strbuf_fini(&text);
	strbuf_fini(&command);
	return get();
}

/* --- a driver --- */

static void give_up(const struct error *err)
{
	printf("Bail out! %s\n", err->text);
	exit(1);
}

static struct image *load_driver(const struct build *image, struct arena *arena,
				 struct native_tables *ret)
{
	struct error err = { 0 };
	struct image_module m;
	struct image_page *pages;
	struct image *loaded;
	struct pe pe;

	if (pe_open(image->image, image->len, arena, &pe, &err) != 0)
		give_up(&err);
	pages = arena_array(arena, pe_page_count(&pe), sizeof(*pages));
	for (u32 i = 0; i < pe_page_count(&pe); i++) {
		const struct pe_page page = pe_page(&pe, i);

		pages[i].offset = page.file.offset;
		pe_page_digest(&pe, &page, pages[i].digest);
	}
	if (image_load(&pe, pages, pe_page_count(&pe), &loaded, &err) != 0 ||
	    image_module_read(loaded, arena, &m, &err) != 0)
		give_up(&err);
	*ret = (struct native_tables){ m.programs, m.program_count, m.maps, m.map_count,
				       true,	   m.keeps_vectors };
	return loaded;
}

static struct image *build_driver(const vector_vec *vectors, struct arena *arena,
				  struct native_tables *ret)
{
	struct translate_prog *progs = arena_array(arena, vectors->count, sizeof(*progs));
	const struct translate_options options = {
		.size = sizeof(options),
		.name = "vectors",
		.file = "vectors.c",
		.form = TRANSLATE_SYS,
	};
	const struct build_options build_options = {
		.size = sizeof(build_options),
		.name = "vectors.sys",
		.module = "vectors",
		.form = TRANSLATE_SYS,
		.arch = build_host(),
		.include = TEST_SOURCE_DIR "/include",
	};
	struct strbuf text = STRBUF_INIT;
	struct build image = { 0 };
	struct image *loaded;
	struct error err = { 0 };

	for (size_t i = 0; i < vectors->count; i++)
		progs[i].prog = &vectors->items[i].prog;
	if (translate_module(progs, (u32)vectors->count, &options, &text, &err) != 0 ||
	    build_image(&text, &build_options, &image, &err) != 0)
		give_up(&err);
	loaded = load_driver(&image, arena, ret);
	build_fini(&image);
	strbuf_fini(&text);
	return loaded;
}

static u64 run_driver(const struct native_tables *tables, const struct vector *v,
		      struct arena *arena)
{
	static u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
	const struct prog_binding binding = { .helper = plugin_helper };
	const struct native_owner owner = { 0 };
	struct exec exec = { .stack = stack,
			     .arg2 = v->memory_len,
			     .region_count = 1,
			     .regions = { { .size = UINT64_MAX, .writable = true } } };
	struct ctx_header *header = arena_alloc(arena, sizeof(*header) + v->memory_len + 1);
	struct prog_code *code;
	struct error err = { 0 };
	u64 result;

	if (native_bind_tables(tables, &v->prog, &binding, &owner, &code, &err) != 0)
		give_up(&err);
	header->exec = &exec;
	header->arg2 = v->memory_len;
	memcpy(header + 1, v->memory, v->memory_len);
	exec.code = code;
	exec.ctx = header + 1;
	result = code->entry(&exec, header + 1);
	code->free(code);
	return result;
}

/* --- a library --- */

static u64 find_helper(u64 id, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		       UNUSED void *ctx)
{
	return (u64)(uintptr_t)plugin_helper(NULL, (u32)id).fn;
}

static u64 stop(UNUSED u64 slot, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		void *ctx)
{
	exec_of(ctx)->fault.status = ERR_NOTSUP;
	return 0;
}

static helper_fn helper_address(u32 id)
{
	if (id == BPF2C_HELPER_FIND)
		return find_helper;
	if (id == BPF2C_HELPER_STOP)
		return stop;
	return plugin_helper(NULL, id).fn;
}

static u64 run(const program_entry_t *entry, const struct vector *v, struct arena *arena)
{
	helper_function_data_t *helpers =
		arena_array(arena, entry->helper_count + 1u, sizeof(*helpers));
	program_runtime_context_t rc = {
		.header = BPF2C_HEADER(program_runtime_context_t, btf_resolved_function_data),
		.helper_data = helpers,
	};
	struct exec exec = { .arg2 = v->memory_len,
			     .region_count = 1,
			     .regions = { { .size = UINT64_MAX, .writable = true } } };
	struct ctx_header *header = arena_alloc(arena, sizeof(*header) + v->memory_len + 1);

	for (u32 i = 0; i < entry->helper_count; i++)
		helpers[i].address = (helper_function_t)helper_address(entry->helpers[i].helper_id);
	header->exec = &exec;
	header->arg2 = v->memory_len;
	memcpy(header + 1, v->memory, v->memory_len);
	return entry->function(header + 1, &rc);
}

int main(int argc, char **argv)
{
	static char line[LINE_LIMIT];
	vector_vec vectors = { 0 };
	program_entry_t *programs = NULL;
	struct native_tables driver;
	struct image *image = NULL;
	struct arena arena;
	size_t count;
	int bad = 0;

	if (argc != 3)
		return 64;
	arena_init(&arena, 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct vector v;

		if (read_vector(line, &arena, &v) && vec_push(&vectors, v) != 0)
			return 1;
	}
	if (str_eq(argv[1], "sys")) {
		image = build_driver(&vectors, &arena, &driver);
		count = driver.program_count;
	} else {
		build(&vectors, argv[1], argv[2])->programs(&programs, &count);
	}
	if (count != vectors.count || count == 0)
		return 1;
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		u64 got = programs != NULL ? run(&programs[i], &vectors.items[i], &arena)
					   : run_driver(&driver, &vectors.items[i], &arena);

		printf("%s %zu - %s", got == vectors.items[i].want ? "ok" : "not ok", i + 1,
		       vectors.items[i].name);
		if (got != vectors.items[i].want)
			printf(": %llx, not %llx", got, vectors.items[i].want);
		printf("\n");
		bad += got != vectors.items[i].want;
	}
	image_drop(image);
	vec_free(&vectors);
	arena_fini(&arena);
	return bad != 0;
}
