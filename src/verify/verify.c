/* SPDX-License-Identifier: MIT */
/* Rounds of the search, each with more states a point, until a proof holds or nothing more is to be
 * had; and the proof as the checker wants it. */
#include "verify/verify.h"

#include "base/error.h"
#include "base/str.h"
#include "verify/effect.h"
#include "verify/search.h"

#define DEFAULT_STEPS  4000000
#define DEFAULT_MEMORY ((size_t)64 << 20)

static const struct {
	u32 parts, unroll, distances;
} rounds[] = {
	{ 1, 32, 8 }, { 1, 2048, 8 }, { 12, 128, 3 }, { 12, 2048, 3 }, { 48, 2048, 3 },
};
#define LOOPS_ROUND 1 /* only for programs with loops that take long */
#define FIRST_PART_ROUND \
	3 /* as many parts as in the last one up to where the one before failed, twice as far */
#define LAST_ROUND (ARRAY_COUNT(rounds) - 1)

void verify_options_default(struct verify_options *ret_options)
{
	*ret_options = (struct verify_options){ .size = sizeof(*ret_options) };
	check_policy_default(&ret_options->policy);
}

static u32 point_count(const struct search *s, const struct instance *instance)
{
	u32 count = 0;

	for (u32 i = 0; i < s->cfg->subprogs[instance->subprog].block_count; i++)
		count += instance->points[i].parts.count;
	return count;
}

static bool emit_instance(struct search *s, const struct instance *from, struct proof_instance *to)
{
	const struct cfg_subprog *sub = &s->cfg->subprogs[from->subprog];
	u32 count = point_count(s, from), n = 0;
	struct proof_point *points = arena_array(s->arena, (size_t)count + 1, sizeof(*points));
	const struct packed **exits = arena_array(s->arena, (size_t)from->exits.parts.count + 1,
						  sizeof(const struct packed *));

	if (points == NULL || exits == NULL)
		return false;
	for (u32 i = 0; i < sub->block_count; i++) {
		for (u32 p = 0; p < from->points[i].parts.count; p++) {
			const struct part *part = &from->points[i].parts.at[p];

			points[n++] = (struct proof_point){ .block = sub->block + i,
							    .rank = part->rank,
							    .state = part->state };
		}
	}
	for (u32 i = 0; i < from->exits.parts.count; i++)
		exits[i] = from->exits.parts.at[i].state;
	*to = (struct proof_instance){
		.kind = from->kind,
		.subprog = from->subprog,
		.func = from->func,
		.entry = from->entry,
		.points = points,
		.point_count = count,
		.exits = exits,
		.exit_count = from->exits.parts.count,
	};
	return true;
}

/* Callers before what they call. */
static int emit(struct search *s, struct proof *ret_proof)
{
	struct proof_instance *all =
		arena_array(s->arena, (size_t)s->instance_count + 1, sizeof(*all));
	u32 n = 0;

	if (all == NULL)
		return ERR_NOMEM;
	for (u32 i = s->prog->subprog_count; i-- > 0;) {
		u32 subprog = s->cfg->callees_first[i];

		for (u32 k = 0; k < s->instance_count; k++) {
			const struct instance *instance = s->instances[k];

			if (instance->subprog != subprog || instance->status != 0)
				continue;
			if (!emit_instance(s, instance, &all[n++]))
				return ERR_NOMEM;
		}
	}
	*ret_proof = (struct proof){ .instances = all, .instance_count = n };
	return 0;
}

/* Points whose block ways meet in but where nothing arrived need no state; every other way out of
 * memory or steps is "too complex". */
static int decide(struct search *s, const struct verify_options *options,
		  struct verify_result *result)
{
	struct instance *main = s->instance_count > 0 ? s->instances[0] : NULL;
	struct proof proof;
	int status;

	if (s->is_over || main == NULL) {
		result->finding =
			(struct finding){ .id = FINDING_TOO_COMPLEX, .reg = FINDING_NO_REG };
		return 0;
	}
	if (main->status != 0) {
		result->finding = main->finding;
		return 0;
	}
	status = emit(s, &proof);
	if (status == 0)
		status = check_proof(s->arena, s->prog, s->cfg, s->policy, &proof, options->budget,
				     options->facts, &result->finding);
	result->is_safe = status == 0;
	if (status == ERR_NOMEM && s->arena->is_full) {
		result->finding =
			(struct finding){ .id = FINDING_TOO_COMPLEX, .reg = FINDING_NO_REG };
		return 0;
	}
	if (status == 0 && options->on_proof != NULL)
		options->on_proof(options->on_proof_arg, s->cfg, &proof);
	return status == ERR_ACCES ? 0 : status;
}

u32 search_round_alone(u32 round)
{
	return round == FIRST_PART_ROUND ? LAST_ROUND : round;
}

void search_arena(struct arena *arena, const struct verify_options *options)
{
	arena_init(arena, options->max_memory != 0 ? options->max_memory : DEFAULT_MEMORY);
}

struct search *search_new(struct arena *arena, const struct prog *prog, const struct cfg *cfg,
			  const struct verify_options *options, u32 round)
{
	struct search *s = arena_alloc(arena, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->prog = prog;
	s->cfg = cfg;
	s->policy = &options->policy;
	s->arena = arena;
	s->max_parts = rounds[round].parts;
	s->unroll = rounds[round].unroll;
	s->kept_distances = rounds[round].distances;
	s->max_steps = options->max_steps != 0 ? options->max_steps : DEFAULT_STEPS;
	s->budget = options->budget;
	return s;
}

/* What one round says to the next. */
struct hints {
	u32 *failed; /* by subprogram: the end of the way to what was wrong, in cfg->order; or 0 */
	bool has_long_loop;
};

/* Something was wrong in the middle: what is behind may do with less. */
static bool double_way(const struct prog *prog, const struct cfg *cfg, u32 *failed)
{
	bool is_useful = false;

	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct cfg_subprog *sub = &cfg->subprogs[i];
		u32 length = failed[i] > sub->order ? (failed[i] - sub->order) * 2 : 0;

		failed[i] = sub->order + MIN(length, sub->order_count);
		is_useful |= length > 0 && length < sub->order_count;
	}
	return is_useful;
}

static int run_round(const struct prog *prog, const struct cfg *cfg,
		     const struct verify_options *options, u32 round, struct hints *hints,
		     struct verify_result *result)
{
	struct arena arena;
	struct search *s;
	int status = ERR_NOMEM;

	search_arena(&arena, options);
	s = search_new(&arena, prog, cfg, options, round);
	if (s != NULL) {
		s->max_steps -= MIN(s->max_steps, result->steps);
		if (round == FIRST_PART_ROUND) {
			s->parts_before = rounds[LAST_ROUND].parts;
			s->failed_before = hints->failed;
		} else {
			memset(hints->failed, 0, prog->subprog_count * sizeof(u32));
			s->ret_failed = hints->failed;
		}
		if (search_main(s))
			status = decide(s, options, result);
		result->steps += s->steps;
		hints->has_long_loop |= s->has_long_loop;
	}
	result->memory = MAX(result->memory, arena.total);
	arena_fini(&arena);
	return status;
}

/* Findings that more states a point do not change. */
static bool is_final(const struct finding *finding)
{
	switch ((enum finding_id)finding->id) {
	case FINDING_UNKNOWN_HELPER:
	case FINDING_NO_CONTRACT:
	case FINDING_UNKNOWN_FUNCTION:
	case FINDING_PROG_TYPE:
	case FINDING_CALL_DEPTH: return true;
	default: return false;
	}
}

/* NULL and 0: the result has the finding that says why not. */
static int build_cfg(const struct prog *prog, const struct verify_options *options,
		     struct arena *arena, const struct cfg **ret_cfg, struct verify_result *result,
		     struct error *err)
{
	u32 cycle = 0;
	struct cfg_options flow = { .call_effect = verify_call_effect,
				    .ret_cycle = &cycle,
				    .budget = options->budget };
	int status = cfg_build(arena, prog, &flow, ret_cfg, err);
	enum finding_id id = FINDING_NONE;

	if (status == ERR_LOOP)
		id = FINDING_RECURSION;
	if (status == ERR_TIME || (status == ERR_NOMEM && arena->is_full))
		id = FINDING_TOO_COMPLEX;
	if (id == FINDING_NONE)
		return status;
	result->finding = (struct finding){ .id = (u16)id, .reg = FINDING_NO_REG, .slot = cycle };
	*ret_cfg = NULL;
	*err = (struct error){ 0 };
	return 0;
}

static bool is_needed(const struct prog *prog, const struct cfg *cfg, struct hints *hints,
		      u32 round)
{
	switch (round) {
	case LOOPS_ROUND: return hints->has_long_loop;
	case FIRST_PART_ROUND: return double_way(prog, cfg, hints->failed);
	default: return true;
	}
}

static int run_rounds(const struct prog *prog, const struct cfg *cfg,
		      const struct verify_options *options, struct hints *hints,
		      struct verify_result *result)
{
	struct finding first = { 0 };

	for (u32 round = 0; round < ARRAY_COUNT(rounds); round++) {
		int status;

		if (!is_needed(prog, cfg, hints, round))
			continue;
		/* Who goes through it once more has no hints. */
		result->round = round == FIRST_PART_ROUND ? LAST_ROUND : round;
		result->parts = rounds[result->round].parts;
		status = run_round(prog, cfg, options, round, hints, result);
		if (status != 0 || result->is_safe)
			return status;
		if (round == 0)
			first = result->finding;
		if (is_final(&result->finding) || budget_use(options->budget, 0))
			break;
	}
	/* What stops the search for want of room says less than what was found before. */
	if (result->finding.id == FINDING_TOO_COMPLEX) {
		result->finding = first;
		result->round = 0;
	}
	return 0;
}

int verify_prog(const struct prog *prog, const struct verify_options *options,
		struct verify_result *ret_result, struct error *err)
{
	struct verify_result result = { 0 };
	struct hints hints = { 0 };
	const struct cfg *cfg = NULL;
	struct arena arena;
	int status;

	search_arena(&arena, options);
	status = build_cfg(prog, options, &arena, &cfg, &result, err);
	if (status == 0 && cfg != NULL) {
		hints.failed = arena_array(&arena, prog->subprog_count, sizeof(u32));
		status = hints.failed != NULL ? run_rounds(prog, cfg, options, &hints, &result)
					      : ERR_NOMEM;
	}
	arena_fini(&arena);
	if (status == ERR_NOMEM)
		return error_set(err, status, "out of memory");
	if (status != 0)
		return status;
	*ret_result = result;
	return 0;
}
