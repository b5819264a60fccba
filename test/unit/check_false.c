/* SPDX-License-Identifier: MIT */
/* False proofs: what was found out about unsafe programs, edited in every way, never gets one of
 * them accepted. */
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
			search_fini(s);
			mem_free(s);
			s = NULL;
		}
	}
	printf("# %u false proofs\n", tried);
out:
	if (s != NULL) {
		search_fini(s);
		mem_free(s);
	}
}

TAP_MAIN(TAP_TEST(test_false_proofs))
