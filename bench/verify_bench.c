/* SPDX-License-Identifier: MIT */
/* verify_bench TABLE [ROUNDS]: the time that a verdict takes, by what programs are labelled in the
 * table, and a slot's beside the running kernel's verifier on programs that both accept: the best
 * of some rounds, reading and linking files left out on both sides. */
#include "verify_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "isa/decode.h"
#include "object/object.h"
#include "os/os.h"
#include "verify/verify.h"

#define MAX_MAPS   256
#define MAX_LABELS 16
#define MOST_ROWS  4096

enum column { FILE_, SECTION, PROGRAM, DIALECT, TYPE, LABEL, COLUMNS };
static const char *const names[COLUMNS] = {
	"file", "section", "program", "dialect", "type", "label"
};

struct label {
	char name[32];
	u32 programs, accepted;
	double ms, slowest;
};

/* What both accept. */
struct pair {
	char name[128];
	u32 slots;
	double ours, kernels; /* ns */
};

static struct label labels[MAX_LABELS];
static struct pair pairs[MOST_ROWS];
static u32 label_count, pair_count, rounds = 3;
static bool has_kernel;

/* --- the kernel's form of a program --- */

static int map_new(const struct prog *prog, u32 index)
{
	const struct prog_map *map = &prog->maps[index];
	struct kernel_map to = {
		.type = map->type != NULL ? map->type->linux_ : map->type_number,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.flags = map->flags,
	};
	int inner = -1, fd;

	/* How many elements does not matter, and takes memory. */
	to.max_entries = map->max_entries == 0 ? 1 : map->max_entries;
	if (map->type == NULL || map->type->kind != MAP_KIND_RINGBUF)
		to.max_entries = MIN(to.max_entries, 64u);
	if (map->inner != PROG_NO_INDEX)
		inner = map_new(prog, map->inner);
	fd = kernel_map_new(&to, inner);
	kernel_close(inner);
	return fd;
}

/* One slot, or both of an LDDW; false: there is no such thing in the kernel. */
static bool encode(const struct prog *prog, u32 slot, int *maps, u8 *to)
{
	struct insn insn = prog->insns[slot];
	u32 index = (u32)insn.imm;
	s32 next = insn.off;

	if (insn.kind == INSN_LDDW && (insn.op == LDDW_MAP || insn.op == LDDW_MAP_VALUE)) {
		if (index >= MAX_MAPS || index >= prog->map_count)
			return false;
		if (maps[index] < 0)
			maps[index] = map_new(prog, index);
		if (maps[index] < 0)
			return false;
		memset(to, 0, 16);
		to[0] = 0x18;
		to[1] = (u8)(insn.dst | (insn.op == LDDW_MAP ? 1 : 2) << 4);
		memcpy(to + 4, &maps[index], 4);
		if (insn.op == LDDW_MAP_VALUE)
			memcpy(to + 12, &next, 4);
		return true;
	}
	return insn.kind != INSN_CALL_KFUNC && insn_encode(&insn, to, NULL) >= 0;
}

/* The kernel's best time; 0: it does not accept the program. */
static double kernel_time(const struct prog *prog, const struct spec_section *match)
{
	u8 *slots = mem_zalloc_array((size_t)prog->insn_count + 1, INSN_SLOT_SIZE);
	u32 attach = match != NULL && match->attach != NULL ? match->attach->number : 0;
	double best = 0;
	bool fits = slots != NULL;
	int maps[MAX_MAPS];

	memset(maps, 0xff, sizeof(maps)); /* -1 */
	for (u32 i = 0; fits && i < prog->insn_count; i += insn_slots(&prog->insns[i]))
		fits = encode(prog, i, maps, slots + (size_t)i * INSN_SLOT_SIZE);
	for (u32 i = 0; fits && i < rounds; i++) {
		u64 ns;

		if (!kernel_verify(prog->type->number, attach, slots, prog->insn_count, &ns))
			break;
		best = best == 0 ? (double)ns : MIN(best, (double)ns);
	}
	for (u32 i = 0; i < MAX_MAPS; i++)
		kernel_close(maps[i]);
	mem_free(slots);
	return best;
}

/* --- ours --- */

static double own_time(const struct prog *prog, bool *ret_is_safe)
{
	struct verify_options options;
	double best = 0;

	*ret_is_safe = false;
	verify_options_default(&options);
	for (u32 i = 0; i < rounds; i++) {
		struct verify_result result;
		struct error err;
		u64 began = os_clock_thread();
		double took;

		if (verify_prog(prog, &options, &result, &err) != 0)
			return 0;
		took = (double)(os_clock_thread() - began);
		*ret_is_safe = result.is_safe;
		best = i == 0 ? took : MIN(best, took);
	}
	return best;
}

static struct label *label_of(const char *name)
{
	u32 i = 0;

	while (i < label_count && strcmp(labels[i].name, name) != 0)
		i++;
	if (i == MAX_LABELS)
		return &labels[MAX_LABELS - 1];
	if (i == label_count)
		snprintf(labels[label_count++].name, sizeof(labels[0].name), "%s", name);
	return &labels[i];
}

static void judge(struct object *object, char *const cells[COLUMNS])
{
	const struct spec_prog_type *type = spec_prog_type_by_name(object->dialect, cells[TYPE]);
	struct label *label = label_of(cells[LABEL]);
	const struct prog *prog;
	u32 index = PROG_NO_INDEX;
	struct error err;
	bool is_safe;
	double ours, kernels;

	for (u32 i = 0; i < object->prog_count && index == PROG_NO_INDEX; i++)
		if (strcmp(object->progs[i].name, cells[PROGRAM]) == 0 &&
		    strcmp(object->progs[i].section, cells[SECTION]) == 0)
			index = i;
	label->programs++;
	if (index == PROG_NO_INDEX || type == NULL ||
	    object_link(object, index, type, &prog, &err) != 0 || prog_check(prog, &err) != 0)
		return;
	ours = own_time(prog, &is_safe);
	label->accepted += is_safe;
	label->ms += ours / 1e6;
	label->slowest = MAX(label->slowest, ours / 1e6);
	if (!is_safe || !has_kernel || prog->dialect != DIALECT_LINUX || pair_count == MOST_ROWS)
		return;
	kernels = kernel_time(prog, object->progs[index].match);
	if (kernels == 0)
		return;
	pairs[pair_count] =
		(struct pair){ .slots = prog->insn_count, .ours = ours, .kernels = kernels };
	snprintf(pairs[pair_count++].name, sizeof(pairs[0].name), "%s %s", cells[FILE_],
		 cells[PROGRAM]);
}

/* --- the table --- */

/* Cells of a line, which has no quotes, where the header says that they are. */
static void split(char *line, const u32 places[COLUMNS], char *cells[COLUMNS])
{
	for (u32 i = 0; i < COLUMNS; i++)
		cells[i] = line + strlen(line);
	for (u32 place = 0; line != NULL; place++) {
		char *cell = strsep(&line, ",");

		for (u32 i = 0; i < COLUMNS; i++)
			if (places[i] == place)
				cells[i] = cell;
	}
}

static void read_header(char *line, u32 places[COLUMNS])
{
	for (u32 i = 0; i < COLUMNS; i++)
		places[i] = UINT32_MAX;
	for (u32 place = 0; line != NULL; place++) {
		const char *cell = strsep(&line, ",");

		for (u32 i = 0; i < COLUMNS; i++)
			if (strcmp(cell, names[i]) == 0)
				places[i] = place;
	}
}

static struct object *open_object(const char *folder, char *const cells[COLUMNS], u8 **ret_bytes)
{
	struct object_options options = { .size = sizeof(options), .file = cells[FILE_] };
	struct object *object = NULL;
	struct error err;
	char path[2048];
	size_t len;

	options.dialect = strcmp(cells[DIALECT], "windows") == 0 ? DIALECT_WINDOWS : DIALECT_LINUX;
	*ret_bytes = NULL;
	if (snprintf(path, sizeof(path), "%s/%s", folder, cells[FILE_]) >= (int)sizeof(path))
		return NULL;
	if (os_file_read(path, (size_t)1 << 28, ret_bytes, &len, &err) != 0 ||
	    object_open(*ret_bytes, len, &options, &object, &err) != 0)
		return NULL;
	return object;
}

static void judge_all(char *table, const char *folder)
{
	struct object *object = NULL;
	char *line = strsep(&table, "\n"), *cells[COLUMNS], file[256] = "";
	u32 places[COLUMNS];
	u8 *bytes = NULL;

	read_header(line, places);
	while ((line = strsep(&table, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		split(line, places, cells);
		if (object == NULL || strcmp(file, cells[FILE_]) != 0) {
			object_free(object);
			mem_free(bytes);
			object = open_object(folder, cells, &bytes);
			snprintf(file, sizeof(file), "%s", cells[FILE_]);
		}
		if (object != NULL)
			judge(object, cells);
		else
			label_of(cells[LABEL])->programs++;
	}
	object_free(object);
	mem_free(bytes);
}

/* --- what comes out --- */

static int by_ratio(const void *a, const void *b)
{
	const struct pair *p = a, *q = b;
	double x = p->kernels / p->ours, y = q->kernels / q->ours;

	return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_a_slot(bool is_kernel)
{
	static double each[MOST_ROWS];

	for (u32 i = 0; i < pair_count; i++)
		each[i] = (is_kernel ? pairs[i].kernels : pairs[i].ours) / pairs[i].slots;
	qsort(each, pair_count, sizeof(each[0]), by_number);
	return each[pair_count / 2];
}

static void print_pairs(void)
{
	double ours = 0, kernels = 0, slots = 0;
	u32 faster = 0;

	for (u32 i = 0; i < pair_count; i++) {
		ours += pairs[i].ours;
		kernels += pairs[i].kernels;
		slots += pairs[i].slots;
		faster += pairs[i].ours < pairs[i].kernels;
	}
	qsort(pairs, pair_count, sizeof(pairs[0]), by_ratio);
	printf("\n%u programs of %.0f slots that the kernel accepts, too\n", pair_count, slots);
	printf("%-24s %10s %10s %10s\n", "", "ours", "kernel's", "ratio");
	printf("%-24s %10.1f %10.1f %10.2f\n", "ms in all", ours / 1e6, kernels / 1e6,
	       kernels / ours);
	printf("%-24s %10.0f %10.0f %10.2f\n", "ns a slot, in all", ours / slots, kernels / slots,
	       kernels / ours);
	printf("%-24s %10.0f %10.0f %10.2f\n", "ns a slot, median", median_a_slot(false),
	       median_a_slot(true), median_a_slot(true) / median_a_slot(false));
	printf("ratio of a program: median %.2f, a tenth is below %.2f, a tenth above %.2f; %u "
	       "faster here\n",
	       pairs[pair_count / 2].kernels / pairs[pair_count / 2].ours,
	       pairs[pair_count / 10].kernels / pairs[pair_count / 10].ours,
	       pairs[pair_count - 1 - pair_count / 10].kernels /
		       pairs[pair_count - 1 - pair_count / 10].ours,
	       faster);
	for (u32 i = 0; i < MIN(pair_count, 5u); i++)
		printf("  slowest beside it: %.2f  %8.3f ms, the kernel %8.3f ms  %s\n",
		       pairs[i].kernels / pairs[i].ours, pairs[i].ours / 1e6,
		       pairs[i].kernels / 1e6, pairs[i].name);
}

static void print_labels(void)
{
	double ms = 0;

	printf("%-16s %10s %10s %10s %10s\n", "label", "programs", "accepted", "ms", "slowest");
	for (u32 i = 0; i < label_count; i++) {
		printf("%-16s %10u %10u %10.1f %10.2f\n", labels[i].name, labels[i].programs,
		       labels[i].accepted, labels[i].ms, labels[i].slowest);
		ms += labels[i].ms;
	}
	printf("%-16s %10s %10s %10.1f\n", "all", "", "", ms);
}

int main(int argc, char **argv)
{
	const char *why = kernel_why_not();
	struct error err = { 0 };
	char folder[1024];
	u8 *table;
	size_t len;

	if (argc < 2 || strlen(argv[1]) >= sizeof(folder))
		return 64;
	if (argc > 2)
		rounds = MAX(1u, (u32)strtoul(argv[2], NULL, 10));
	if (os_file_read(argv[1], (size_t)1 << 26, &table, &len, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	snprintf(folder, sizeof(folder), "%s", argv[1]);
	if (strrchr(folder, '/') != NULL)
		*strrchr(folder, '/') = '\0';
	else
		snprintf(folder, sizeof(folder), ".");
	has_kernel = why == NULL;
	judge_all((char *)table, folder);
	mem_free(table);
	print_labels();
	if (why != NULL)
		printf("\nthe kernel's verifier: not measured, %s\n", why);
	else if (pair_count > 0)
		print_pairs();
	return 0;
}
