/* SPDX-License-Identifier: MIT */
/* False proofs: what was found out about unsafe programs, or about safe ones that differ in little,
 * edited in every way, never gets an unsafe one accepted. */
#include "check_programs.h"

#define ROUNDS 60

static u64 next_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

static void edit_value(u64 *seed, struct value *v, const struct value *other)
{
	switch (next_random(seed) % 9) {
	case 0: *v = value_const(next_random(seed) % 20); break;
	case 1: v->flags &= (u8)~VALUE_NULLABLE; break;
	case 2: *v = *other; break;
	case 3: *v = value_none; break;
	case 4: v->sym = SYM_LEN; break;
	case 5: v->dhi = v->dlo; break;
	case 6: v->type = (u8)(next_random(seed) % VALUE_TYPE_COUNT); break;
	case 7: v->n = scalar_range_u(0, next_random(seed) % 9); break;
	case 8: v->flags ^= (u8)(1u << next_random(seed) % 6); break;
	default: break;
	}
	if (v->type != VALUE_NONE && v->sym == SYM_NONE)
		v->sym = SYM_ZERO;
	if (next_random(seed) % 4 != 0)
		value_fix(v);
}

static void edit_state(u64 *seed, struct state *state)
{
	u32 count = state_value_count(state);

	switch (next_random(seed) % 10) {
	case 8: state->lock = (struct state_lock){ 0 }; break;
	case 9: state->lock.id = ID_FREE + (u32)(next_random(seed) % 3); break;
	case 0:
	case 1:
	case 2:
	case 3:
		edit_value(seed, state_value(state, (u32)next_random(seed) % count),
			   state_value_const(state, (u32)next_random(seed) % count));
		break;
	case 4:
		(void)!diff_add(&state->diff, SYM_ZERO, SYM_LEN, -(s64)(next_random(seed) % 40));
		break;
	case 5: state_havoc(state, 0, -(s32)(8 * (1 + next_random(seed) % 4)), 8, true); break;
	case 6: state->ref_count = 0; break;
	case 7:
		(void)!diff_add(&state->diff, SYM_FREE, SYM_LEN, -(s64)(next_random(seed) % 40));
		break;
	default: break;
	}
}

/* Another state for *packed, of the arena. */
static void edit_packed(struct search *s, u64 *seed, const struct packed **packed)
{
	struct state *state = search_state(s);
	const struct packed *made;
	u8 *bytes;

	if (state == NULL || *packed == NULL)
		return;
	state_unpack(*packed, state);
	for (u64 i = next_random(seed) % 3; i > 0 && state->frame_count > 0; i--)
		edit_state(seed, state);
	made = search_keep(s, state);
	if (made == NULL)
		return;
	*packed = made;
	if (next_random(seed) % 3 != 0)
		return;
	bytes = arena_alloc(&s->f.arena, made->bytes);
	if (bytes == NULL)
		return;
	memcpy(bytes, made, made->bytes);
	for (u64 i = next_random(seed) % 4; i > 0; i--)
		bytes[sizeof(*made) + next_random(seed) % (made->bytes - sizeof(*made))] ^=
			(u8)(1u << next_random(seed) % 8);
	*packed = (const struct packed *)(const void *)bytes;
}

static void edit_proof(struct search *s, u64 *seed)
{
	struct proof_instance *list = arena_array(&s->f.arena, s->instance_count, sizeof(*list));

	if (list == NULL)
		return;
	for (u32 i = 0; i < s->instance_count; i++) {
		const struct search_instance *in = &s->instances[i];
		struct proof_point *points =
			arena_array(&s->f.arena, SEARCH_POINTS, sizeof(*points));
		const struct packed **exits = arena_array(&s->f.arena, 1, sizeof(in->exits));

		if (points == NULL || exits == NULL)
			return;
		list[i] = in->proof;
		memcpy(points, in->points, in->proof.point_count * sizeof(*points));
		memcpy(exits, in->exits, sizeof(in->exits));
		for (u32 k = 0; k < in->proof.point_count; k++) {
			struct proof_rank *rank = &points[k].rank;

			if (next_random(seed) % 3 == 0)
				edit_packed(s, seed, &points[k].state);
			if (next_random(seed) % 8 == 0) {
				rank->direction = (u8)(next_random(seed) % 4);
				rank->reg = (u8)(next_random(seed) % 11);
				rank->anchor = (u16)(SYM_ANCHOR + next_random(seed) % 3);
			}
		}
		for (u32 k = 0; k < in->proof.exit_count; k++) {
			if (next_random(seed) % 3 == 0)
				edit_packed(s, seed, &exits[k]);
		}
		if (i > 0 && next_random(seed) % 4 == 0)
			edit_packed(s, seed, &list[i].entry);
		if (next_random(seed) % 10 == 0 && list[i].exit_count > 0)
			list[i].exit_count--;
		list[i].points = points;
		list[i].exits = exits;
	}
	s->proof = (struct proof){ .instances = list, .instance_count = s->instance_count };
}

static void test_false_proofs(void)
{
	u64 seed = 7;
	u32 tried = 0;
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		const struct program *p = &programs[i];
		int status;

		if (p->expected == FINDING_NONE)
			continue;
		for (u32 round = 0; round < ROUNDS; round++) {
			s = mem_zalloc(sizeof(*s));
			CHECK(s != NULL);
			CHECK_EQ(program_load(s, p), 0);
			status = search_run(s);
			CHECK(status == 0 || status == ERR_ACCES);
			/* A loop that is not proven to end, or a limit, is found by the check. */
			edit_proof(s, &seed);
			status = search_check(s);
			if (status == 0)
				printf("# %s: accepted in round %u\n", p->name, round);
			CHECK(status != 0);
			CHECK(s->finding.id != FINDING_NONE);
			tried++;
			search_drop(&s);
		}
	}
	printf("# %u false proofs\n", tried);
out:
	if (s != NULL) {
		search_fini(s);
		mem_free(s);
	}
}

enum verdict { BAD, GOOD, MAY };

static const struct hole {
	enum verdict verdict;
	const char *name, *type, *text;
} holes[] = {
#define HOLE(what, verdict, kind, code) { (verdict), (what), (kind), (code) },
#include "verify_holes.def"
#undef HOLE
};

/* How far a safe program may be from an unsafe one whose proof is made of its own. */
#define NEAR 8

/* All that was found out, as it is. */
static void whole_proof(struct search *s)
{
	struct proof_instance *list = arena_array(&s->f.arena, SEARCH_INSTANCES, sizeof(*list));

	for (u32 i = 0; list != NULL && i < s->instance_count; i++)
		list[i] = s->instances[i].proof;
	s->proof = (struct proof){ .instances = list,
				   .instance_count = list != NULL ? s->instance_count : 0 };
}

/* Moves what is said of blocks to those before or behind. */
static void shift_proof(struct search *s, u32 by)
{
	for (u32 i = 0; i < s->instance_count; i++) {
		for (u32 k = 0; k < s->instances[i].proof.point_count; k++)
			s->instances[i].points[k].block += by;
	}
}

/* The program with what was found out about another one; 0, or ERR_NOMEM. */
static int attach(struct search *s, const struct hole *hole, const struct search *twin)
{
	int status = search_load(s, DIALECT_LINUX, hole->type, test_maps(), TEST_MAPS, hole->text);

	if (status != 0)
		return status;
	s->instances = mem_zalloc_array(SEARCH_INSTANCES, sizeof(*s->instances));
	if (s->instances == NULL)
		return ERR_NOMEM;
	memcpy(s->instances, twin->instances, SEARCH_INSTANCES * sizeof(*s->instances));
	s->instance_count = twin->instance_count;
	s->rank_count = twin->rank_count;
	for (u32 i = 0; i < s->instance_count; i++)
		search_sort(&s->instances[i]);
	return 0;
}

/* -1: accepted; else how many proofs were refused. */
static int try_twin(const struct hole *hole, const struct search *twin, u64 *seed)
{
	int tried = 0;

	for (u32 round = 0; round < 12 && tried >= 0; round++) {
		struct search *s = mem_zalloc(sizeof(*s));

		if (s == NULL)
			return tried;
		if (attach(s, hole, twin) == 0) {
			if (round == 1 || round == 2)
				shift_proof(s, round == 1 ? 1u : ~0u);
			if (round > 2)
				edit_proof(s, seed);
			else
				whole_proof(s);
			tried = search_check(s) == 0 ? -1 : tried + 1;
			if (tried < 0)
				printf("# %s: accepted in round %u\n", hole->name, round);
		}
		search_fini(s);
		mem_free(s);
	}
	return tried;
}

static void test_twins(void)
{
	struct search *twin = NULL;
	u32 tried = 0, twins = 0;
	u64 seed = 11;

	for (size_t i = 0; i < ARRAY_COUNT(holes); i++) {
		if (holes[i].verdict == BAD)
			continue;
		twin = mem_zalloc(sizeof(*twin));
		CHECK(twin != NULL);
		/* What the fixture finds no proof for is no twin. */
		if (search_load(twin, DIALECT_LINUX, holes[i].type, test_maps(), TEST_MAPS,
				holes[i].text) == 0 &&
		    search_run(twin) == 0 && search_check(twin) == 0) {
			twins++;
			for (size_t k = i < NEAR ? 0 : i - NEAR;
			     k <= i + NEAR && k < ARRAY_COUNT(holes); k++) {
				int refused;

				if (holes[k].verdict != BAD)
					continue;
				refused = try_twin(&holes[k], twin, &seed);
				CHECK(refused >= 0);
				tried += (u32)refused;
			}
		}
		search_fini(twin);
		mem_free(twin);
		twin = NULL;
	}
	printf("# %u proofs of %u safe programs\n", tried, twins);
	CHECK(tried > 1000);
out:
	if (twin != NULL)
		search_fini(twin);
	mem_free(twin);
}

TAP_MAIN(TAP_TEST(test_false_proofs), TAP_TEST(test_twins))
