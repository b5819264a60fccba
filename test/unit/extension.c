/* SPDX-License-Identifier: MIT */
/* Extensions as they come from files: what they say of themselves and what they register, whole and
 * hostile; when they are started, stopped and told to end. Here they are a part of the test. */
#include "runtime_fixture.h"

#include "extension/extension.h"
#include "runtime/link.h"

/* What the next extension is and does; each test sets what it needs. */
static struct {
	struct oriel_extension table;
	bool too_new;
	int (*start)(struct oriel_ext_registry *registry, struct error *err);
	struct oriel_ext_registry *registry; /* of the last start */
	struct oriel_ext_chain *chain;
	u32 started, stopped, freed, runs;
	bool freed_first;
	int run_status;
} ext;
static const struct oriel_ext_host *host;

#define TYPE 0x11
#define HOOK 0x22

static int start(UNUSED const struct oriel_ext_host *given, struct oriel_ext_registry *registry,
		 void **ret_instance, struct error *err)
{
	int r = ext.start(registry, err);

	ext.registry = registry;
	if (r == 0) {
		ext.started++;
		*ret_instance = &ext;
	}
	return r;
}

static int run(void *instance)
{
	if (instance == &ext)
		__atomic_add_fetch(&ext.runs, 1, __ATOMIC_RELAXED);
	return ext.run_status != 0 ? ext.run_status : host->wait(ext.registry, -1, -1);
}

static void stop(void *instance)
{
	ext.stopped += instance == &ext;
}

static void free_it(void *instance)
{
	ext.freed += instance == &ext;
}

static const struct oriel_extension *entry(const struct oriel_ext_host *given)
{
	host = given;
	return ext.too_new ? NULL : &ext.table;
}

/* --- what is registered --- */

static u64 helper(u64 a, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  UNUSED void *context)
{
	return a + 1;
}

static void destroy(UNUSED void *context, UNUSED u8 *data, UNUSED size_t *data_size, UNUSED u8 *ctx,
		    UNUSED size_t *ctx_size)
{
}

/* Tables that are right; tests spoil a copy. */
struct tables {
	struct ext_context layout;
	struct ext_program_type type;
	struct ext_helper row;
	helper_fn function;
	struct ext_helper_addresses addresses;
	struct ext_program_info info;
	struct ext_program_data program;
	struct ext_attach_data attach;
	u32 order[2];
	struct oriel_ext_verdicts verdicts;
	struct oriel_ext_hook_options hook;
};
static struct tables t;

static void set_up(void)
{
	t = (struct tables){
		.layout = { 16, -1, -1, -1 },
		.type = { .header = EXT_HEADER(struct ext_program_type, is_privileged),
			  .name = "tested",
			  .context = &t.layout,
			  .program_type = { .data1 = TYPE },
			  .bpf_prog_type = 2000 },
		.row = { .header = EXT_HEADER(struct ext_helper, implicit_context),
			 .helper_id = 0x10000,
			 .name = "tested_helper",
			 .arguments = { ORIEL_EXT_ARG_ANYTHING } },
		.function = helper,
		.addresses = { EXT_HEADER(struct ext_helper_addresses, addresses), 1, &t.function },
		.info = { .header = EXT_HEADER(struct ext_program_info, global_helpers),
			  .type = &t.type,
			  .type_helper_count = 1,
			  .type_helpers = &t.row },
		.program = { .header = EXT_HEADER(struct ext_program_data, capabilities),
			     .program_info = &t.info,
			     .type_helper_addresses = &t.addresses },
		.attach = { .header = EXT_HEADER(struct ext_attach_data, section),
			    .supported_program_type = { .data1 = TYPE },
			    .name = "tested",
			    .section = "tested_section" },
		.order = { 0, 1 },
		.verdicts = { EXT_HEADER(struct oriel_ext_verdicts, nothing), t.order, 2, 1, 0, 0 },
		.hook = { .header = EXT_HEADER(struct oriel_ext_hook_options, arg),
			  .attach_type = { .data1 = HOOK },
			  .data = &t.attach,
			  .mode = ORIEL_EXT_HOOK_MULTI,
			  .verdicts = &t.verdicts },
	};
}

static int register_all(struct oriel_ext_registry *registry, struct error *err)
{
	int r = host->register_program(registry, &t.program, err);

	return r != 0 ? r : host->hook_new(registry, &t.hook, &ext.chain, err);
}

/* Whatever went wrong, it says that all is fine. */
static int register_all_and_lie(struct oriel_ext_registry *registry, UNUSED struct error *err)
{
	struct error ignored;

	(void)register_all(registry, &ignored);
	return 0;
}

static int register_nothing(UNUSED struct oriel_ext_registry *registry, UNUSED struct error *err)
{
	return 0;
}

static int register_and_fail(struct oriel_ext_registry *registry, struct error *err)
{
	int r = register_all(registry, err);

	return r != 0 ? r : host->fail(err, ERR_BUSY, "no hook for the day");
}

static int fail_with_a_number(UNUSED struct oriel_ext_registry *registry, UNUSED struct error *err)
{
	return 7;
}

static void reset(void)
{
	memset(&ext, 0, sizeof(ext));
	ext.table = (struct oriel_extension){
		.header = EXT_HEADER(struct oriel_extension, free),
		.name = "tested",
		.version = "1.0",
		.summary = "a test",
		.dialect = ORIEL_EXT_WINDOWS,
		.start = start,
		.run = run,
		.stop = stop,
		.free = free_it,
	};
	ext.start = register_all;
	set_up();
}

struct world {
	struct fixture f;
	struct extension *extension;
	struct extension_instance *instance;
};

static int open_world(struct world *w)
{
	int r;

	reset();
	r = fixture_new(&w->f, DIALECT_WINDOWS);
	return r != 0 ? r : extension_open_entry("test.so", entry, &w->extension, &w->f.err);
}

static void close_world(struct world *w)
{
	(void)!extension_stop(w->instance, NULL);
	(void)!extension_close(w->extension, NULL);
	fixture_fini(&w->f);
}

/* --- tests --- */

static const char *const bad_names[] = {
	NULL,
	"",
	"Upper",
	"a/b",
	"a b",
	"a123456789012345678901234567890123456789012345678901234567890"
	"123"
};

static bool opens(struct error *err)
{
	struct extension *extension = NULL;
	int r = extension_open_entry("test.so", entry, &extension, err);

	(void)!extension_close(extension, NULL);
	return r == 0;
}

static void tables_of_libraries(void)
{
	struct error err = { 0 };

	reset();
	ext.too_new = true;
	CHECK(!opens(&err));
	CHECK(strstr(err.text, "test.so: ") != NULL);
	for (size_t i = 0; i < ARRAY_COUNT(bad_names); i++) {
		reset();
		ext.table.name = bad_names[i];
		CHECK(!opens(&err));
		CHECK(strstr(err.text, "name") != NULL);
	}
	reset();
	ext.table.version = "1\n";
	CHECK(!opens(&err));
	reset();
	ext.table.summary = NULL;
	CHECK(!opens(&err));
	reset();
	ext.table.dialect = 3;
	CHECK(!opens(&err));
	reset();
	ext.table.start = NULL;
	CHECK(!opens(&err));
	reset();
	ext.table.reserved = 1;
	CHECK(!opens(&err));
	reset();
	ext.table.header.version = 0;
	CHECK(!opens(&err));
	reset();
	ext.table.header.size = ext.table.header.total_size + 1;
	CHECK(!opens(&err));
	reset();
	/* One that knows less: what it does not know is not looked at. */
	ext.table.header.size = offsetof(struct oriel_extension, stop);
	CHECK(opens(&err));
out:;
}

/* Started, it fails, says that, and leaves nothing: then one that is right can be started. */
static int refuse(struct world *w, int status, const char *text)
{
	struct error err = { 0 };
	int r = extension_start(w->extension, w->f.rt, &w->instance, &err);

	if (r != status && r != ERR_NOMEM)
		return -1;
	if (r == status &&
	    (strstr(err.text, "extension tested: ") == NULL || strstr(err.text, text) == NULL))
		return -2;
	if (ext.freed != ext.started)
		return -3;
	set_up();
	ext.start = register_all;
	r = extension_start(w->extension, w->f.rt, &w->instance, &err);
	if (r == 0)
		r = extension_stop(w->instance, &err);
	w->instance = NULL;
	ext.started = ext.freed = 0;
	return r;
}

static void hostile_starts(void)
{
	struct world w = { 0 };

	CHECK_EQ(open_world(&w), 0);
	ext.start = register_nothing;
	CHECK_EQ(refuse(&w, ERR_INVAL, "registered nothing"), 0);
	ext.start = register_and_fail;
	CHECK_EQ(refuse(&w, ERR_BUSY, "no hook for the day"), 0);
	ext.start = fail_with_a_number;
	CHECK_EQ(refuse(&w, ERR_INVAL, "did not start"), 0);
	t.program.context_destroy = destroy;
	CHECK_EQ(refuse(&w, ERR_INVAL, "created or destroyed"), 0);
	t.program.context_destroy = destroy;
	ext.start = register_all_and_lie;
	CHECK_EQ(refuse(&w, ERR_INVAL, "created or destroyed"), 0);
	t.program.program_info = NULL;
	CHECK_EQ(refuse(&w, ERR_INVAL, "program information is missing"), 0);
	t.info.type_helper_count = 0xffffffff;
	CHECK_EQ(refuse(&w, ERR_INVAL, "helpers"), 0);
	t.info.header.total_size = SIZE_MAX;
	CHECK_EQ(refuse(&w, ERR_INVAL, "program information"), 0);
	t.row.arguments[0] = 16;
	CHECK_EQ(refuse(&w, ERR_INVAL, "argument"), 0);
	t.function = NULL;
	CHECK_EQ(refuse(&w, ERR_INVAL, "no address"), 0);
	t.layout.size = 0;
	CHECK_EQ(refuse(&w, ERR_INVAL, "context"), 0);
	t.hook.mode = 3;
	CHECK_EQ(refuse(&w, ERR_INVAL, "mode 3"), 0);
	t.hook.needs_param = true;
	CHECK_EQ(refuse(&w, ERR_INVAL, "parameter"), 0);
	t.hook.data = NULL;
	CHECK_EQ(refuse(&w, ERR_INVAL, "hook's data is missing"), 0);
	t.verdicts.order = NULL;
	CHECK_EQ(refuse(&w, ERR_INVAL, "order"), 0);
	t.verdicts.count = 257;
	CHECK_EQ(refuse(&w, ERR_INVAL, "257 verdicts"), 0);
	t.attach.name = "bind";
	CHECK_EQ(refuse(&w, ERR_EXIST, "another attach type 'bind'"), 0);
	t.attach.section = "bind/x";
	CHECK_EQ(refuse(&w, ERR_EXIST, "means something else"), 0);
	t.attach.section = "a@b";
	CHECK_EQ(refuse(&w, ERR_INVAL, "other than letters"), 0);
	t.attach.name = NULL;
	CHECK_EQ(refuse(&w, ERR_INVAL, "without a name"), 0);
out:
	close_world(&w);
}

static int attach(struct world *w, struct runtime_prog *prog, struct runtime_link **ret_link)
{
	struct link_options options = { .size = sizeof(options),
					.prog = prog,
					.attach_type = { .data1 = HOOK } };

	return link_attach(w->f.rt, &options, ret_link, &w->f.err);
}

static void lives(void)
{
	static const struct insn insns[] = { MOV_IMM(0, 1), EXIT };
	struct {
		struct oriel_ext_context_header header;
		u64 context[32];
	} event = { 0 };
	struct world w = { 0 };
	struct runtime_prog *prog = NULL;
	struct runtime_link *link = NULL;
	struct oriel_ext_chain *chain = NULL;
	struct guid id = { .data1 = HOOK };
	u32 verdict = 9;

	CHECK_EQ(open_world(&w), 0);
	t.attach.supported_program_type = spec_prog_type_by_name(DIALECT_WINDOWS, "bind")->guid;
	CHECK_EQ(extension_start(w.extension, w.f.rt, &w.instance, &w.f.err), 0);
	CHECK(runtime_has_hook(w.f.rt, &id));
	/* Only start registers. */
	CHECK_EQ(host->register_program(ext.registry, &t.program, &w.f.err), ERR_PERM);
	CHECK_EQ(host->hook_new(ext.registry, &t.hook, &chain, &w.f.err), ERR_PERM);
	CHECK_EQ(extension_close(w.extension, &w.f.err), ERR_BUSY);
	CHECK_EQ(host->hook_run(ext.chain, 0, event.context, &verdict), 0);
	CHECK_EQ(verdict, 0);
	CHECK(!host->hook_is_used(ext.chain));
	CHECK_EQ(fixture_add(&w.f, DIALECT_WINDOWS, "bind", NULL, 0, insns, 2, &prog), 0);
	CHECK_EQ(attach(&w, prog, &link), 0);
	CHECK_EQ(host->hook_run(ext.chain, 0, event.context, &verdict), 1);
	CHECK_EQ(verdict, 1);
	CHECK_EQ(extension_stop(w.instance, &w.f.err), ERR_BUSY);
	CHECK(strstr(w.f.err.text, "attached") != NULL);
	CHECK_EQ(ext.stopped + ext.freed, 0);
	CHECK_EQ(link_detach(link), 0);
	CHECK_EQ(extension_stop(w.instance, &w.f.err), 0);
	w.instance = NULL;
	CHECK_EQ(ext.stopped, 1);
	CHECK_EQ(ext.freed, 1);
	CHECK(!runtime_has_hook(w.f.rt, &id));
	CHECK_EQ(extension_close(w.extension, &w.f.err), 0);
	w.extension = NULL;
out:
	if (link != NULL)
		core_put_user(link_core(link));
	close_world(&w);
}

static void rows(void)
{
	struct world w = { 0 };
	struct spec *spec = NULL;
	const struct spec_section *section;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(extension_spec(&w.extension, 1, &spec, &w.f.err), 0);
	CHECK_EQ(ext.freed, ext.started);
	/* They stay when the extension has gone, names included. */
	CHECK_EQ(extension_close(w.extension, &w.f.err), 0);
	w.extension = NULL;
	memset(&t, 0xa5, sizeof(t));
	section = spec_find_section(spec, DIALECT_WINDOWS, "tested_section/x");
	CHECK(section != NULL);
	CHECK_STR(section->type->name, "tested");
	CHECK_STR(section->attach->name, "tested");
	CHECK_EQ(section->attach->guid.data1, HOOK);
	CHECK(spec_find_section(spec, DIALECT_LINUX, "tested_section") == NULL);
	CHECK(spec_find_attach(spec, DIALECT_WINDOWS, "tested") == section->attach);
	CHECK_STR(spec_find_helper(spec, DIALECT_WINDOWS, section->type, 0x10000)->name,
		  "tested_helper");
out:
	spec_put(spec);
	close_world(&w);
}

static void events(void)
{
	struct world w = { 0 };
	struct extension_events *events_ = NULL;
	bool made = false;

	CHECK_EQ(open_world(&w), 0);
	CHECK_EQ(extension_start(w.extension, w.f.rt, &w.instance, &w.f.err), 0);
	CHECK_EQ(host->wait(ext.registry, -1, 0), 0);
	CHECK_EQ(extension_events_start(&w.instance, 1, &events_, &w.f.err), 0);
	made = true;
	/* It waits until it is told to end, which is no error. */
	CHECK_EQ(extension_events_stop(events_, &w.f.err), 0);
	CHECK_EQ(__atomic_load_n(&ext.runs, __ATOMIC_RELAXED), 1);
	made = false;
	/* One that ends by itself, badly: others may wait for that. */
	ext.run_status = ERR_IO;
	CHECK_EQ(extension_events_start(&w.instance, 1, &events_, &w.f.err), 0);
	made = true;
	CHECK_EQ(host->wait(ext.registry, extension_events_over(events_), 5000), 1);
	CHECK_EQ(extension_events_stop(events_, &w.f.err), ERR_IO);
	made = false;
	CHECK(strstr(w.f.err.text, "extension tested: ") != NULL);
	CHECK_EQ(host->wait(ext.registry, 9999, 0), ERR_BADF);
out:
	if (made)
		(void)!extension_events_stop(events_, NULL);
	close_world(&w);
}

TAP_MAIN(TAP_TEST(tables_of_libraries), TAP_TEST(hostile_starts), TAP_TEST(lives), TAP_TEST(rows),
	 TAP_TEST(events))
