/* SPDX-License-Identifier: MIT */
/* The tools run in a temporary folder that has everything under names that do not depend on where
 * it is: debug information and images hold no path of this machine. */
#include "load/build.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/pe.h"
#include "os/os.h"

#define FILE_LIMIT (256u << 20)

struct building {
	const struct build_options *options;
	const char *dir; /* temporary */
	/* Files in there. */
	struct strbuf source, object, twin_object, pdb, twin;
	VEC(const char *) args;
	bool failed;	     /* to add to it */
	struct strbuf words; /* arguments made here, a zero after each */
	struct error *err;
};

/* Which tools there may be, best first. */
static const char *const compilers[] = { "clang-19", "clang",	 "clang-18", "clang-17",
					 "clang-16", "clang-15", "clang-14", NULL };
static const char *const linkers_pe[] = { "lld-link-19", "lld-link",	"lld-link-18",
					  "lld-link-17", "lld-link-16", "lld-link-15",
					  "lld-link-14", NULL };
static const char *const linkers_elf[] = { "ld.lld-19", "ld.lld",    "ld.lld-18", "ld.lld-17",
					   "ld.lld-16", "ld.lld-15", "ld.lld-14", NULL };

enum build_arch build_host(void)
{
#if defined(__aarch64__)
	return BUILD_ARM64;
#else
	return BUILD_X86_64;
#endif
}

static bool is_pe(const struct building *b)
{
	return b->options->form != TRANSLATE_SO;
}

/* --- files -------------------------------------------------------------------------------------
 */

static int path_of(const struct building *b, const char *name, struct strbuf *ret_path)
{
	*ret_path = (struct strbuf)STRBUF_INIT;
	strbuf_printf(ret_path, "%s/%s", b->dir, name);
	return strbuf_status(ret_path) == 0
		       ? 0
		       : error_set(b->err, ERR_NOMEM, "no memory for a native module");
}

static int write_file(const struct building *b, const char *name, const void *bytes, size_t len)
{
	struct strbuf path;
	int status = path_of(b, name, &path);

	if (status == 0)
		status = os_file_write(strbuf_str(&path), bytes, len, b->err);
	strbuf_fini(&path);
	return status;
}

static int read_file(const struct building *b, const char *name, u8 **ret_bytes, size_t *ret_len)
{
	struct strbuf path;
	int status = path_of(b, name, &path);

	if (status == 0)
		status = os_file_read(strbuf_str(&path), FILE_LIMIT, ret_bytes, ret_len, b->err);
	strbuf_fini(&path);
	return status;
}

static void remove_file(const struct building *b, const char *name)
{
	struct strbuf path;

	if (path_of(b, name, &path) == 0)
		os_file_remove(strbuf_str(&path));
	strbuf_fini(&path);
}

static const char *const headers[] = { "bpf2c.h", "bpf2c_dll.h", "bpf2c_driver.h" };

/* What a driver imports, for the linker to make libraries of. */
static const struct {
	const char *name, *text;
} imports[] = {
	{ "netio.def", "LIBRARY netio.sys\nEXPORTS\n"
		       "NmrRegisterClient\nNmrDeregisterClient\n"
		       "NmrWaitForClientDeregisterComplete\nNmrClientAttachProvider\n" },
	{ "ntoskrnl.def", "LIBRARY ntoskrnl.exe\nEXPORTS\n"
			  "ZwOpenKey\nZwQueryValueKey\nZwClose\n" },
};
static const char *const import_libraries[] = { "netio.lib", "ntoskrnl.lib" };

static int write_files(const struct building *b, const struct strbuf *text)
{
	int status = write_file(b, strbuf_str(&b->source), text->data, text->len);

	for (size_t i = 0; status == 0 && i < ARRAY_COUNT(headers); i++) {
		struct strbuf path = STRBUF_INIT;
		u8 *bytes = NULL;
		size_t len;

		strbuf_printf(&path, "%s/%s", b->options->include, headers[i]);
		status =
			strbuf_status(&path) != 0
				? error_set(b->err, ERR_NOMEM, "no memory for a native module")
				: os_file_read(strbuf_str(&path), FILE_LIMIT, &bytes, &len, b->err);
		if (status == 0)
			status = write_file(b, headers[i], bytes, len);
		mem_free(bytes);
		strbuf_fini(&path);
	}
	for (size_t i = 0;
	     status == 0 && b->options->form == TRANSLATE_SYS && i < ARRAY_COUNT(imports); i++)
		status = write_file(b, imports[i].name, imports[i].text, strlen(imports[i].text));
	return status;
}

static void remove_files(const struct building *b)
{
	const struct strbuf *const own[] = { &b->source, &b->object, &b->twin_object, &b->pdb,
					     &b->twin };

	for (size_t i = 0; i < ARRAY_COUNT(own); i++)
		if (own[i]->len > 0)
			remove_file(b, strbuf_str(own[i]));
	for (size_t i = 0; i < ARRAY_COUNT(headers); i++)
		remove_file(b, headers[i]);
	for (size_t i = 0; i < ARRAY_COUNT(imports); i++) {
		remove_file(b, imports[i].name);
		remove_file(b, import_libraries[i]);
	}
	remove_file(b, b->options->name);
	remove_file(b, "twin.pdb");
	os_file_remove(b->dir);
}

/* --- tools -------------------------------------------------------------------------------------
 */

static void add_arg(struct building *b, const char *text)
{
	b->failed = vec_push(&b->args, text) != 0 || b->failed;
}

static void add_args(struct building *b, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_arg(b, texts[i]);
}
#define ADD_ARGS(b, ...)                                            \
	do {                                                        \
		static const char *const texts[] = { __VA_ARGS__ }; \
		add_args(b, texts, ARRAY_COUNT(texts));             \
	} while (0)

/* args[0] is the tool's place. */
static void begin(struct building *b)
{
	b->args.count = 0;
	add_arg(b, "");
}

static int run(struct building *b, const char *chosen, const char *const *tools, const char *what)
{
	int code = 0, status = ERR_NOENT;

	add_arg(b, NULL);
	if (b->failed)
		return error_set(b->err, ERR_NOMEM, "no memory for a tool's arguments");
	if (chosen != NULL) {
		b->args.items[0] = chosen;
		status = os_spawn_in(b->dir, b->args.items, &code, b->err);
	}
	for (; chosen == NULL && status == ERR_NOENT && *tools != NULL; tools++) {
		b->args.items[0] = *tools;
		status = os_spawn_in(b->dir, b->args.items, &code, b->err);
	}
	if (status == ERR_NOENT)
		return error_set(b->err, ERR_NOENT, "native modules need %s%s%s", what,
				 chosen != NULL ? ", and there is no " : "",
				 chosen != NULL ? chosen : "");
	if (status == 0 && code != 0)
		status = error_set(b->err, ERR_NOTSUP, "%s failed with exit code %d",
				   b->args.items[0], code);
	return status;
}

static int compile(struct building *b, const struct strbuf *object, bool codeview, bool dwarf)
{
	static const char *const targets[2][2] = {
		{ "--target=x86_64-linux-gnu", "--target=aarch64-linux-gnu" },
		{ "--target=x86_64-pc-windows-msvc", "--target=aarch64-pc-windows-msvc" },
	};

	begin(b);
	add_arg(b, targets[is_pe(b)][b->options->arch]);
	ADD_ARGS(b, "-std=c11", "-g", "-w", "-ffreestanding", "-fno-builtin", "-fno-ident",
		 "-fdebug-compilation-dir=.", "-fcoverage-compilation-dir=.", "-I.", "-c");
	add_arg(b, b->options->for_debugger ? "-O0" : "-O2");
	/* A kernel's stack is not grown by touching it; and whoever walks it there, as debuggers
	 * and handlers of exceptions do, needs tables, which a freestanding compiler leaves out. */
	if (is_pe(b))
		ADD_ARGS(b, "-mno-stack-arg-probe", "-ffunction-sections", "-funwind-tables");
	else
		ADD_ARGS(b, "-fPIC", "-fvisibility=hidden");
	if (codeview)
		ADD_ARGS(b, "-gcodeview");
	if (dwarf)
		ADD_ARGS(b, "-gdwarf-4");
	add_arg(b, "-o");
	add_arg(b, strbuf_str(object));
	add_arg(b, strbuf_str(&b->source));
	return run(b, b->options->compiler, compilers, "the compiler clang");
}

static int make_import_libraries(struct building *b)
{
	static const char *const machines[] = { "/machine:x64", "/machine:arm64" };
	static const char *const definitions[] = { "/def:netio.def", "/def:ntoskrnl.def" };
	static const char *const outputs[] = { "/out:netio.lib", "/out:ntoskrnl.lib" };
	int status = 0;

	for (size_t i = 0; status == 0 && i < ARRAY_COUNT(imports); i++) {
		begin(b);
		ADD_ARGS(b, "/lib", "/nologo");
		add_arg(b, machines[b->options->arch]);
		add_arg(b, definitions[i]);
		add_arg(b, outputs[i]);
		status = run(b, b->options->linker, linkers_pe, "the linker lld-link");
	}
	return status;
}

/* twin: with DWARF, and otherwise the same layout. */
static int link_pe(struct building *b, const struct strbuf *object, bool twin)
{
	const char *pdb = twin ? "twin.pdb" : strbuf_str(&b->pdb);

	strbuf_reset(&b->words);
	strbuf_printf(&b->words, "/out:%s", twin ? strbuf_str(&b->twin) : b->options->name);
	strbuf_add_char(&b->words, '\0');
	strbuf_printf(&b->words, "/pdb:%s", pdb);
	strbuf_add_char(&b->words, '\0');
	strbuf_printf(&b->words, "/pdbaltpath:%s", strbuf_str(&b->pdb));
	begin(b);
	ADD_ARGS(b, "/nologo", "/nodefaultlib", "/Brepro", "/dynamicbase", "/nxcompat", "/noimplib",
		 "/pdbsourcepath:.", "/release", "/opt:ref,noicf", "/ignore:longsections");
	if (b->options->form == TRANSLATE_SYS)
		ADD_ARGS(b, "/driver", "/subsystem:native", "/entry:DriverEntry", "netio.lib",
			 "ntoskrnl.lib");
	else
		ADD_ARGS(b, "/dll", "/subsystem:windows", "/entry:DllMain");
	add_arg(b, twin ? "/debug:full,dwarf" : "/debug");
	if (strbuf_status(&b->words) == 0)
		for (size_t at = 0; at < b->words.len; at += strlen(b->words.data + at) + 1)
			add_arg(b, b->words.data + at);
	else
		b->failed = true;
	add_arg(b, strbuf_str(object));
	return run(b, b->options->linker, linkers_pe, "the linker lld-link");
}

static int link_elf(struct building *b)
{
	begin(b);
	ADD_ARGS(b, "-shared", "-z", "now", "-z", "noexecstack", "--build-id=sha1",
		 "--hash-style=gnu", "-o");
	add_arg(b, b->options->name);
	add_arg(b, strbuf_str(&b->object));
	return run(b, b->options->linker, linkers_elf, "the linker ld.lld");
}

static int make_pe(struct building *b, struct build *ret)
{
	int status = compile(b, &b->object, true, false);

	if (status == 0 && b->options->form == TRANSLATE_SYS)
		status = make_import_libraries(b);
	if (status == 0)
		status = link_pe(b, &b->object, false);
	if (status == 0)
		status = read_file(b, strbuf_str(&b->pdb), &ret->pdb, &ret->pdb_len);
	if (status == 0 && b->options->twin) {
		status = compile(b, &b->twin_object, true, true);
		if (status == 0)
			status = link_pe(b, &b->twin_object, true);
		if (status == 0)
			status = read_file(b, strbuf_str(&b->twin), &ret->twin, &ret->twin_len);
	}
	return status;
}

static int make_elf(struct building *b)
{
	int status = compile(b, &b->object, false, true);

	return status != 0 ? status : link_elf(b);
}

/* Not so that somebody finds out later: what no loader takes is not made. */
static int check_image(struct build *made, struct error *err)
{
	struct arena arena;
	struct pe pe;
	int status;

	arena_init(&arena, 0);
	status = pe_open(made->image, made->len, &arena, &pe, err);
	arena_fini(&arena);
	return status == 0 ? 0 : error_prefix(err, "the image that was made cannot be loaded");
}

/* The name up to its last dot. */
static void add_stem(struct strbuf *out, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = len; i > 1; i--)
		if (name[i - 1] == '.') {
			len = i - 1;
			break;
		}
	strbuf_add_len(out, name, len);
}

static int name_files(struct building *b)
{
	const char *module = b->options->module;

	strbuf_printf(&b->source, "%s.native.c", module);
	strbuf_printf(&b->object, "%s.native.obj", module);
	strbuf_printf(&b->twin_object, "%s.twin.obj", module);
	add_stem(&b->pdb, b->options->name);
	strbuf_add(&b->pdb, ".pdb");
	strbuf_printf(&b->twin, "%s.debug", b->options->name);
	if (strbuf_status(&b->source) != 0 || strbuf_status(&b->object) != 0 ||
	    strbuf_status(&b->twin_object) != 0 || strbuf_status(&b->pdb) != 0 ||
	    strbuf_status(&b->twin) != 0)
		return error_set(b->err, ERR_NOMEM, "no memory for a native module");
	return 0;
}

int build_image(const struct strbuf *text, const struct build_options *options,
		struct build *ret_build, struct error *err)
{
	struct building b = { .options = options, .err = err };
	struct build made = { 0 };
	char *dir = NULL;
	int status = os_temp_dir(&dir, err);

	if (status != 0)
		return status;
	b.dir = dir;
	status = name_files(&b);
	if (status == 0)
		status = write_files(&b, text);
	if (status == 0)
		status = is_pe(&b) ? make_pe(&b, &made) : make_elf(&b);
	if (status == 0)
		status = read_file(&b, options->name, &made.image, &made.len);
	if (status == 0 && is_pe(&b))
		status = check_image(&made, err);
	remove_files(&b);
	strbuf_fini(&b.source);
	strbuf_fini(&b.object);
	strbuf_fini(&b.twin_object);
	strbuf_fini(&b.pdb);
	strbuf_fini(&b.twin);
	strbuf_fini(&b.words);
	vec_free(&b.args);
	mem_free(dir);
	if (status == 0)
		*ret_build = made;
	else
		build_fini(&made);
	return status;
}

void build_fini(struct build *build)
{
	mem_free(build->image);
	mem_free(build->pdb);
	mem_free(build->twin);
	*build = (struct build){ 0 };
}
