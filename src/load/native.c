/* SPDX-License-Identifier: MIT */
#include "load/native.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "os/os.h"
#include "runtime/native.h"
#include "translate/translate.h"

struct build {
	const struct native_compiler *compiler;
	const struct prog *prog;
	const struct prog_facts *facts;
	char *dir; /* temporary; NULL: the compiler's own */
	struct strbuf source, library;
	struct error *err;
};

static int write_source(struct build *b)
{
	const struct translate_prog row = { b->prog, b->facts };
	const struct translate_options options = {
		.size = sizeof(options),
		.name = "oriel",
		.file = strbuf_str(&b->source),
		.form = TRANSLATE_SO,
		.btf = b->compiler->btf,
	};
	struct strbuf text = STRBUF_INIT;
	int status = translate_module(&row, 1, &options, &text, b->err);

	if (status == 0)
		status = os_file_write(strbuf_str(&b->source), text.data, text.len, b->err);
	strbuf_fini(&text);
	return status;
}

static int compile_with(struct build *b, const char *cc)
{
	const char *const argv[] = { cc,
				     "-std=gnu11",
				     b->compiler->for_debugger ? "-O0" : "-O3",
				     "-g",
				     "-shared",
				     "-fPIC",
				     "-w",
				     "-I",
				     b->compiler->include,
				     "-o",
				     strbuf_str(&b->library),
				     strbuf_str(&b->source),
				     NULL };
	int code, status = os_spawn(argv, &code, b->err);

	if (status == 0 && code != 0)
		status = error_set(b->err, ERR_NOTSUP,
				   "'%s' did not compile program '%.64s' (exit code %d)", cc,
				   b->prog->name, code);
	return status;
}

/* clang's code for these programs is a good deal faster than gcc's. */
static int compile(struct build *b)
{
	static const char *const compilers[] = { "clang", "clang-19", "clang-14", "cc" };
	int status = ERR_NOENT;

	if (b->compiler->command != NULL)
		return compile_with(b, b->compiler->command);
	for (size_t i = 0; status == ERR_NOENT && i < ARRAY_COUNT(compilers); i++)
		status = compile_with(b, compilers[i]);
	if (status == ERR_NOENT)
		status = error_set(b->err, ERR_NOENT,
				   "mode native needs a C compiler: clang, or cc");
	return status;
}

static void close_library(void *library)
{
	os_library_close(library);
}

static int load_and_bind(struct build *b, const struct prog_binding *binding,
			 struct prog_code **ret_code)
{
	struct native_owner owner = { .release = close_library };
	const void *(*get)(void) = NULL;
	int status = os_library_open(strbuf_str(&b->library), &owner.arg, b->err);

	if (status != 0)
		return status;
	*(void **)(void *)&get = os_library_symbol(owner.arg, "get_metadata_table");
	status = get == NULL ? error_set(b->err, ERR_NOEXEC, "the module exports no table")
			     : native_bind(get(), b->prog, binding, &owner, ret_code, b->err);
	if (status != 0)
		os_library_close(owner.arg);
	return status;
}

/* Kept modules are called as their programs are. */
static int name_files(struct build *b)
{
	struct strbuf name = STRBUF_INIT;
	const char *dir = b->compiler->keep;
	int status = 0;

	if (dir == NULL) {
		status = os_temp_dir(&b->dir, b->err);
		if (status != 0)
			return status;
		dir = b->dir;
		strbuf_add(&name, "module");
	} else {
		for (const char *p = b->prog->name; *p != '\0'; p++)
			strbuf_add_char(&name, str_is_alnum(*p) ? *p : '_');
	}
	strbuf_printf(&b->source, "%s/%s.c", dir, strbuf_str(&name));
	strbuf_printf(&b->library, "%s/%s.so", dir, strbuf_str(&name));
	if (strbuf_status(&name) != 0 || strbuf_status(&b->source) != 0 ||
	    strbuf_status(&b->library) != 0)
		status = error_set(b->err, ERR_NOMEM, "no memory for a native module");
	strbuf_fini(&name);
	return status;
}

/* What is loaded stays loaded. */
static void clean_up(struct build *b)
{
	if (b->dir != NULL) {
		if (b->source.len > 0)
			os_file_remove(strbuf_str(&b->source));
		if (b->library.len > 0)
			os_file_remove(strbuf_str(&b->library));
		os_file_remove(b->dir);
	}
	strbuf_fini(&b->source);
	strbuf_fini(&b->library);
	mem_free(b->dir);
}

static int prepare(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	struct build b = {
		.compiler = CONTAINER_OF(engine, struct native_compiler, engine),
		.prog = prog,
		.facts = binding->facts,
		.err = err,
	};
	int status;

	/* Nothing in there checks an access. */
	if (binding->facts == NULL)
		return error_set(err, ERR_ACCES,
				 "mode native runs only what the verifier has proven safe, and "
				 "nothing that takes the host's objects from its context");
	status = name_files(&b);
	if (status == 0)
		status = write_source(&b);
	if (status == 0)
		status = compile(&b);
	if (status == 0)
		status = load_and_bind(&b, binding, ret_code);
	clean_up(&b);
	return status;
}

void native_compiler_init(struct native_compiler *ret_compiler, const char *include,
			  const char *command)
{
	*ret_compiler = (struct native_compiler){
		.engine = { "native", prepare, NULL },
		.include = include,
		.command = command,
	};
}
