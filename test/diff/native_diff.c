/* SPDX-License-Identifier: MIT */
/* oriel-native-diff: random programs that are proven safe, interpreted with every check and as
 * native code made with what was proven: the same results, contexts, packets, printed lines, maps,
 * and calls of helpers with the same arguments. A batch of programs is one module. With --engine,
 * that of the run time's own which has the name takes the native code's place: --engine jit. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "isa/disasm.h"
#include "os/os.h"
#include "program.h"
#include "calls.h"
#include "runtime/native.h"
#include "translate/translate.h"
#include "verify/verify.h"

#define CTX_SIZE    512
#define PACKET_SIZE 128
#define BUDGET	    300000 /* instructions of an interpreted run */
#define MAX_PROGS   1000

struct args {
	u64 seed;
	u32 batches, programs, runs;
	u64 seconds; /* 0: `batches` alone say how long */
	bool spoil;  /* what is compiled is another program: differences have to be found */
	const char *cc, *dir;
	const struct engine *engine; /* NULL: native */
};

/* A program of the batch. */
struct item {
	struct program program;
	struct prog_facts facts;
	struct prog_fact rows[PROGRAM_SLOTS];
	char name[24];
	u64 seed;
};

struct totals {
	u64 programs, accepted, runs, stopped, unbound, differences, insns, calls;
};

struct module {
	const struct args *args;
	enum dialect dialect;
	struct item **items;
	u32 count;
	void *handle;
	const void *table;
	struct totals *totals;
};

/* --- one side ----------------------------------------------------------------------------------
 */

struct side {
	struct runtime *rt;
	struct runtime_prog *prog;
	struct calls *record;
	struct strbuf printed;
	struct runtime_run run;
	u8 ctx[CTX_SIZE];
	u8 packet[PACKET_SIZE];
	int status;
};

struct batch_engine {
	struct engine engine;
	const struct module *module;
};

static void release(UNUSED void *arg) {}

static int prepare(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	const struct batch_engine *batch = CONTAINER_OF(engine, struct batch_engine, engine);
	const struct native_owner owner = { release, NULL };

	if (binding->facts == NULL)
		return error_set(err, ERR_ACCES, "objects of the host");
	return native_bind(batch->module->table, prog, binding, &owner, ret_code, err);
}

static void print(void *arg, const char *text, size_t len)
{
	struct side *side = arg;

	strbuf_add_len(&side->printed, text, len);
	strbuf_add_char(&side->printed, '\n');
}

static int side_open(struct side *side, const struct item *item, const struct engine *engine,
		     const struct prog_facts *facts, const struct args *args, struct error *err)
{
	const struct runtime_options options = {
		.size = sizeof(options),
		.dialect = item->program.prog.dialect,
		.trace = print,
		.trace_arg = side,
		.cpus = 1,
	};
	int status;

	side->record = mem_zalloc(sizeof(*side->record));
	if (side->record == NULL)
		exit(2);
	calls_init(side->record, &item->program.prog, engine);
	/* Some programs as they are meant to be, and some with each call; what a module's C does in
	 * place is decided already. */
	side->record->may_inline = args->engine == NULL || item->seed % 2 != 0;
	side->record->own_frames = args->engine == NULL;
	side->record->spoil = args->spoil && facts != NULL;
	status = runtime_new(&options, &side->rt, err);
	return status != 0 ? status
			   : runtime_add_prog(side->rt, &item->program.prog, &side->record->engine,
					      facts, &side->prog, err);
}

static void side_close(struct side *side)
{
	runtime_free(side->rt);
	strbuf_fini(&side->printed);
	if (side->record != NULL)
		calls_fini(side->record);
	mem_free(side->record);
}

static void side_run(struct side *side, const struct item *item, u64 seed)
{
	struct choice choice = choice_of_seed(seed);
	const struct spec_ctx *layout =
		spec_ctx_of(item->program.prog.type, item->program.prog.attach);
	struct error err = { 0 };

	choice_fill(&choice, side->ctx, sizeof(side->ctx));
	choice_fill(&choice, side->packet, sizeof(side->packet));
	side->run = (struct runtime_run){
		.ctx = side->ctx,
		.ctx_len = layout != NULL ? MIN(layout->size, CTX_SIZE) : 0,
		.data = side->packet,
		.data_len = 14 + pick(&choice, PACKET_SIZE - 14),
		.data_cap = PACKET_SIZE,
		.budget = BUDGET,
	};
	calls_begin(side->record);
	side->status = runtime_run(side->prog, &side->run, &err);
}

/* --- both --------------------------------------------------------------------------------------
 */

static const char *compare_runs(const struct side *a, const struct side *b)
{
	u32 call;

	if (a->status != b->status)
		return "status";
	if (a->status == 0 && a->run.result != b->run.result)
		return "result";
	if (memcmp(a->ctx, b->ctx, sizeof(a->ctx)) != 0)
		return "context";
	if (a->run.data_len != b->run.data_len ||
	    memcmp(a->packet, b->packet, sizeof(a->packet)) != 0)
		return "packet";
	if (a->printed.len != b->printed.len ||
	    memcmp(strbuf_str(&a->printed), strbuf_str(&b->printed), a->printed.len) != 0)
		return "printed lines";
	if (memcmp(&a->run.redirect, &b->run.redirect, sizeof(a->run.redirect)) != 0)
		return "redirections";
	call = calls_compare(a->record, b->record);
	if (call == UINT32_MAX)
		return NULL;
	calls_print(a->record, call);
	calls_print(b->record, call);
	return "calls of helpers";
}

/* The entries of a are in b with the same values, and vice versa as there are as many. */
static const char *compare_map(struct map *a, struct map *b)
{
	static u8 key[2][256], value[2][1 << 16];
	const u8 *last = NULL;
	u32 counts[2] = { 0 };

	if (map_value_size(a) > sizeof(value[0]) || a->def.key_size > sizeof(key[0]) ||
	    a->ops->next_key == NULL || a->ops->lookup == NULL || a->def.key_size == 0)
		return NULL;
	for (u32 i = 0; i < 5000 && map_next_key(a, last, key[i % 2]) == 0; i++) {
		int statuses[2];

		last = key[i % 2];
		counts[0]++;
		statuses[0] = map_read(a, last, value[0]);
		statuses[1] = map_read(b, last, value[1]);
		if (statuses[0] != statuses[1])
			return "keys";
		if (statuses[0] == 0 && memcmp(value[0], value[1], map_value_size(a)) != 0)
			return "values";
	}
	last = NULL;
	for (u32 i = 0; i < 5000 && map_next_key(b, last, key[i % 2]) == 0; i++) {
		last = key[i % 2];
		counts[1]++;
	}
	return counts[0] != counts[1] ? "number of entries" : NULL;
}

static const char *compare_maps(const struct item *item, const struct side *a, const struct side *b)
{
	for (u32 i = 0; i < item->program.prog.map_count; i++) {
		const struct prog_map *def = &item->program.maps[i];
		struct map *first = runtime_map(a->rt, i), *second = runtime_map(b->rt, i);
		const char *what = NULL;

		/* Ids of maps and programs differ from runtime to runtime. */
		if ((def->type->flags & MAP_TYPE_OF_MAPS) != 0 ||
		    def->type->kind == MAP_KIND_PROG_ARRAY)
			continue;
		if (first != NULL && second != NULL)
			what = compare_map(first, second);
		if (what != NULL) {
			printf("# map %s: %s\n", def->name, what);
			return "maps";
		}
	}
	return NULL;
}

static void show_program(const struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;

	for (u32 i = 0; i < prog->insn_count; i += insn_slots(&prog->insns[i])) {
		strbuf_reset(&text);
		disasm_insn(&text, &prog->insns[i], i, NULL);
		printf("# %3u: %s\n", i, strbuf_str(&text));
	}
	strbuf_fini(&text);
}

static void complain(const struct module *m, const struct item *item, const struct side *a,
		     const struct side *b, const char *what, u32 run)
{
	m->totals->differences++;
	if (a->run.fault.status != 0)
		printf("# slot %u, address 0x%llx, size %u, %s\n", a->run.fault.slot,
		       (unsigned long long)a->run.fault.addr, a->run.fault.size,
		       a->run.fault.write ? "written" : "read");
	printf("# results %llx and %llx\n", a->run.result, b->run.result);
	if (m->totals->differences == 1)
		show_program(&item->program.prog);
	printf("not ok - program of seed %llu: %s differ in run %u (%s, in %s)\n",
	       (unsigned long long)item->seed, what, run, item->name,
	       m->args->dir != NULL ? m->args->dir : m->args->engine->name);
}

static void run_item(const struct module *m, const struct item *item)
{
	const struct batch_engine native = { { "native", prepare, NULL }, m };
	const struct engine *engine = m->args->engine != NULL ? m->args->engine : &native.engine;
	struct side a = { 0 }, b = { 0 };
	struct error err = { 0 };
	const char *what = NULL;
	u32 run = 0;

	if (side_open(&a, item, engine_default(), NULL, m->args, &err) != 0 ||
	    side_open(&b, item, engine, &item->facts, m->args, &err) != 0) {
		if (m->totals->unbound++ < 5)
			printf("# %s: %s\n", item->name, err.text);
		goto out;
	}
	for (; run < m->args->runs && what == NULL; run++) {
		side_run(&a, item, item->seed + run);
		/* Such a run may take native code for ever. */
		if (a.status == ERR_TIME) {
			m->totals->stopped++;
			goto out;
		}
		side_run(&b, item, item->seed + run);
		m->totals->runs++;
		m->totals->calls += a.record->call_count;
		what = a.status == ERR_FAULT ? "faults (a hole of the verifier's)"
					     : compare_runs(&a, &b);
	}
	if (what == NULL)
		what = compare_maps(item, &a, &b);
	if (what != NULL)
		complain(m, item, &a, &b, what, run - 1);
out:
	side_close(&a);
	side_close(&b);
}

/* --- a batch -----------------------------------------------------------------------------------
 */

/* What gives something else each time. */
static bool is_same_each_time(const struct prog *prog)
{
	static const char *const words[] = { "time",   "random", "jiffies",
					     "cookie", "pid",	 "start_key" };

	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];
		const struct spec_helper *helper;

		if (insn->kind == INSN_MAY_GOTO || insn->kind == INSN_CALLX)
			return false; /* eight million rounds; an id in a register */
		if (insn->kind != INSN_CALL)
			continue;
		helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
		for (u32 k = 0; helper != NULL && k < ARRAY_COUNT(words); k++)
			if (strstr(helper->name, words[k]) != NULL)
				return false;
	}
	return true;
}

/* What the run time asks of maps, and the verifier does not look at. */
static void adapt_map(struct prog_map *map, enum dialect dialect)
{
	if (dialect == DIALECT_LINUX && map->type->kind == MAP_KIND_LPM_TRIE)
		map->flags |= 1; /* BPF_F_NO_PREALLOC */
	if (dialect == DIALECT_WINDOWS && map->type->kind == MAP_KIND_PERF_EVENT_ARRAY)
		map->max_entries = 4096;
}

static bool make_item(struct item *item, u64 seed, struct totals *totals)
{
	struct choice choice = choice_of_seed(seed);
	struct verify_options options;
	struct verify_result result;
	struct error err = { 0 };
	struct prog *prog = &item->program.prog;

	totals->programs++;
	program_make(&choice, PROGRAM_PLAIN, FINDING_NONE, &item->program);
	for (u32 i = 0; i < prog->map_count; i++)
		adapt_map(&item->program.maps[i], prog->dialect);
	item->seed = seed;
	snprintf(item->name, sizeof(item->name), "p%llu", (unsigned long long)seed);
	prog->name = item->name;
	if (prog->type == NULL || prog_check(prog, &err) != 0 || !is_same_each_time(prog))
		return false;
	verify_options_default(&options);
	/* Addresses, which differ, reach nothing that is compared. */
	program_policy(RULE_UNPRIVILEGED, &options.policy);
	options.max_steps = 20000;
	facts_init(&item->facts, item->rows, prog->insn_count);
	options.facts = &item->facts;
	if (verify_prog(prog, &options, &result, &err) != 0 || !result.is_safe)
		return false;
	totals->accepted++;
	totals->insns += prog->insn_count;
	return true;
}

static const char *dialect_file(enum dialect dialect)
{
	return dialect == DIALECT_WINDOWS ? "windows" : "linux";
}

static bool build(struct module *m)
{
	struct translate_prog *progs = mem_zalloc_array(m->count, sizeof(*progs));
	const struct translate_options options = {
		.size = sizeof(options),
		.name = "batch",
		.file = "batch.c",
		.form = TRANSLATE_SO,
	};
	const char *name = dialect_file(m->dialect);
	struct strbuf text = STRBUF_INIT, command = STRBUF_INIT;
	const void *(*get)(void) = NULL;
	struct error err = { 0 };
	FILE *file;

	for (u32 i = 0; i < m->count; i++)
		progs[i] =
			(struct translate_prog){ &m->items[i]->program.prog, &m->items[i]->facts };
	if (translate_module(progs, m->count, &options, &text, &err) != 0) {
		printf("Bail out! %s\n", err.text);
		return false;
	}
	strbuf_printf(&command, "%s/%s.c", m->args->dir, name);
	file = fopen(strbuf_str(&command), "w");
	if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0)
		return false;
	strbuf_reset(&command);
	strbuf_printf(&command,
		      "%s -std=c11 -Wall -Wextra -Werror -shared -fPIC -I '%s/include' -o "
		      "'%s/%s.so' '%s/%s.c'",
		      m->args->cc, TEST_SOURCE_DIR, m->args->dir, name, m->args->dir, name);
	if (system(strbuf_str(&command)) != 0) {
		printf("Bail out! %s\n", strbuf_str(&command));
		return false;
	}
	strbuf_reset(&command);
	strbuf_printf(&command, "%s/%s.so", m->args->dir, name);
	m->handle = dlopen(strbuf_str(&command), RTLD_NOW | RTLD_LOCAL);
	if (m->handle != NULL)
		*(void **)&get = dlsym(m->handle, "get_metadata_table");
	if (get != NULL)
		m->table = get();
	mem_free(progs);
	strbuf_fini(&text);
	strbuf_fini(&command);
	return get != NULL;
}

static bool run_batch(const struct args *args, u64 *seed, struct totals *totals)
{
	struct item **items[2] = { 0 };
	u32 counts[2] = { 0 }, made = 0;
	struct item *item = NULL;
	bool good = true;

	for (u32 i = 0; i < 2; i++)
		items[i] = mem_zalloc_array(args->programs, sizeof(struct item *));
	while (made < args->programs) {
		if (item == NULL)
			item = mem_zalloc(sizeof(*item));
		if (item == NULL || items[0] == NULL || items[1] == NULL)
			exit(2);
		if (make_item(item, (*seed)++, totals)) {
			bool is_windows = item->program.prog.dialect == DIALECT_WINDOWS;

			items[is_windows][counts[is_windows]++] = item;
			made++;
			item = NULL;
		}
	}
	for (u32 i = 0; i < 2; i++) {
		struct module m = {
			.args = args,
			.dialect = i == 0 ? DIALECT_LINUX : DIALECT_WINDOWS,
			.items = items[i],
			.count = counts[i],
			.totals = totals,
		};

		if (m.count == 0)
			continue;
		if (good && (args->engine != NULL || build(&m)))
			for (u32 k = 0; k < m.count; k++)
				run_item(&m, items[i][k]);
		else
			good = false;
		if (m.handle != NULL)
			dlclose(m.handle);
		for (u32 k = 0; k < m.count; k++)
			mem_free(items[i][k]);
	}
	for (u32 i = 0; i < 2; i++)
		mem_free(items[i]);
	mem_free(item);
	return good && totals->differences == 0;
}

static bool read_args(int argc, char **argv, struct args *args)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		u64 value = strtoull(argv[i + 1], NULL, 0);

		if (str_eq(argv[i], "--seed"))
			args->seed = value;
		else if (str_eq(argv[i], "--batches"))
			args->batches = (u32)value;
		else if (str_eq(argv[i], "--programs"))
			args->programs = (u32)MIN(value, MAX_PROGS);
		else if (str_eq(argv[i], "--runs"))
			args->runs = (u32)value;
		else if (str_eq(argv[i], "--seconds"))
			args->seconds = value;
		else if (str_eq(argv[i], "--spoil"))
			args->spoil = value != 0;
		else if (str_eq(argv[i], "--cc"))
			args->cc = argv[i + 1];
		else if (str_eq(argv[i], "--dir"))
			args->dir = argv[i + 1];
		else if (!str_eq(argv[i], "--engine") ||
			 (args->engine = engine_by_name(argv[i + 1], NULL)) == NULL)
			return false;
	}
	return argc % 2 == 1 && (args->dir != NULL || args->engine != NULL) && args->programs > 0;
}

static void print_totals(const struct totals *totals, u64 seed)
{
	printf("# %llu programs, %llu accepted (%llu instructions), %llu not bound, %llu stopped; "
	       "%llu runs, %llu calls, %llu differences; next seed %llu\n",
	       (unsigned long long)totals->programs, (unsigned long long)totals->accepted,
	       (unsigned long long)totals->insns, (unsigned long long)totals->unbound,
	       (unsigned long long)totals->stopped, (unsigned long long)totals->runs,
	       (unsigned long long)totals->calls, (unsigned long long)totals->differences,
	       (unsigned long long)seed);
}

int main(int argc, char **argv)
{
	struct args args = {
		.seed = 1, .batches = 1, .programs = 200, .runs = 10, .cc = "clang -O2"
	};
	const u64 begin = os_clock_monotonic();
	struct totals totals = { 0 };
	u64 seed;
	bool good = true;

	if (!read_args(argc, argv, &args)) {
		fprintf(stderr,
			"usage: oriel-native-diff --dir FOLDER|--engine NAME [--seed N] "
			"[--batches N|--seconds N] [--programs N] [--runs N] [--cc COMMAND] "
			"[--spoil 1]\n");
		return 64;
	}
	seed = args.seed;
	for (u32 i = 0; good; i++) {
		if (args.seconds != 0 ? os_clock_monotonic() - begin >= args.seconds * 1000000000
				      : i >= args.batches)
			break;
		good = run_batch(&args, &seed, &totals);
	}
	print_totals(&totals, seed);
	printf("%s 1 - %s code does what the interpreter does\n1..1\n", good ? "ok" : "not ok",
	       args.engine != NULL ? args.engine->name : "native");
	return good ? 0 : 1;
}
