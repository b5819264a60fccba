/* SPDX-License-Identifier: MIT */
/* Proofs that are malformed in one place, or that lack or claim one thing; and how often loops are
 * said to run. */
#include "check_programs.h"

static const char text[] = "r1 = 5\n"
			   "r2 = 0\n"
			   "call f\n"
			   "r2 = 0\n"
			   "again: r2 += 1\n"
			   "if r2 < 10 goto again\n"
			   "r0 = 0\n"
			   "exit\n"
			   "f: r0 = r1\n"
			   "r3 = 100\n"
			   "more: r3 -= 1\n"
			   "if r3 != 0 goto more\n"
			   "exit\n";

struct form {
	struct search *s;
	struct proof_instance *main, *f;
	struct proof_point *head, *last; /* of main, and of f */
	struct packed *entry;		 /* of f, to be edited */
	const struct packed *exits[2];
};

/* A proof that holds, in memory that can be written. */
static int form_make(struct form *form)
{
	struct search *s = form->s;
	int status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, text);

	if (status != 0)
		return status;
	s->ranks[0] = (struct search_rank){ RANK_UP, 2 };
	s->ranks[1] = (struct search_rank){ RANK_DOWN, 3 };
	s->rank_count = 2;
	status = search_run(s);
	if (status != 0)
		return status;
	form->main = arena_array(&s->f.arena, 3, sizeof(*form->main));
	form->entry = arena_alloc(&s->f.arena, 2 * STATE_PACK_MAX);
	if (form->main == NULL || form->entry == NULL)
		return ERR_NOMEM;
	memcpy(form->main, s->proof.instances, 2 * sizeof(*form->main));
	form->f = form->main + 1;
	form->head = s->instances[0].points;
	form->last = s->instances[1].points;
	memcpy(form->entry, form->f->entry, form->f->entry->bytes);
	form->f->entry = form->entry;
	form->exits[0] = form->f->exits[0];
	form->f->exits = form->exits;
	s->proof.instances = form->main;
	return 0;
}

static enum finding_id found(struct search *s)
{
	return search_check(s) == 0 ? FINDING_NONE : (enum finding_id)s->finding.id;
}

/* The finding after an edit; FINDING_NONE: the proof holds. */
#define AFTER(expected, ...)                          \
	do {                                          \
		form.s = mem_zalloc(sizeof(*form.s)); \
		CHECK(form.s != NULL);                \
		CHECK_EQ(form_make(&form), 0);        \
		__VA_ARGS__;                          \
		CHECK_EQ(found(form.s), (expected));  \
		search_fini(form.s);                  \
		mem_free(form.s);                     \
		form.s = NULL;                        \
	} while (0)
#define FORM(...) AFTER(FINDING_PROOF_FORM, __VA_ARGS__)

static void form_fini(struct form *form)
{
	if (form->s != NULL)
		search_fini(form->s);
	mem_free(form->s);
}

/* Puts another state into a point. */
static bool edit_point(struct form *form, struct proof_point *point, u32 reg,
		       const struct value *value)
{
	struct state *state = search_state(form->s);

	if (state == NULL)
		return false;
	state_unpack(point->state, state);
	state->regs[reg] = *value;
	point->state = search_keep(form->s, state);
	return point->state != NULL;
}

static void test_instances(void)
{
	struct form form = { 0 };

	AFTER(FINDING_NONE, CHECK_EQ(search_check(form.s), 0); form.s->proof.instances = form.main);
	FORM(form.s->proof.instance_count = 0);
	FORM(form.main->kind = INSTANCE_CALL);
	FORM(form.main->kind = INSTANCE_CALLBACK);
	FORM(form.f->kind = INSTANCE_MAIN);
	FORM(form.f->kind = INSTANCE_COUNT);
	FORM(form.main->subprog = 1);
	FORM(form.f->subprog = form.s->f.prog.subprog_count);
	FORM(form.f->entry = NULL);
	FORM(form.entry->frames = STATE_FRAMES + 1);
	FORM(form.entry->refs = STATE_REFS + 1);
	FORM(form.entry->frames = UINT8_MAX);
	FORM(form.entry->refs = UINT8_MAX);
	FORM(form.entry->cells = STATE_CELLS + 1);
	FORM(form.entry->syms = DIFF_ROWS + 1);
	FORM(form.entry->has_lock = 2);
	FORM(form.entry->frames = 0);
	FORM(form.exits[0] = NULL);
	FORM(form.exits[0] = form.entry);
	FORM(form.exits[1] = NULL, form.f->exit_count = 2);
	/* One that nobody calls is looked at all the same. */
	AFTER(FINDING_NONE, form.main[2] = *form.f, form.s->proof.instance_count = 3);
	FORM(form.main[2] = *form.f, form.main[2].subprog = 0, form.s->proof.instance_count = 3);
	FORM(form.main[2] = *form.f, form.main[2].entry = NULL, form.s->proof.instance_count = 3);
	/* What is called comes later; of the right kind and function. */
	AFTER(FINDING_PROOF_INSTANCE, form.s->proof.instance_count = 1);
	AFTER(FINDING_PROOF_INSTANCE, form.f->func = 1);
	/* How it is left. */
	AFTER(FINDING_PROOF_EXIT, form.f->exit_count = 0);
out:
	form_fini(&form);
}

static void test_points(void)
{
	struct form form = { 0 };

	FORM(form.head->state = NULL);
	FORM(form.head->block = form.s->f.cfg->block_count);
	FORM(form.head->block = form.last->block);
	/* What is behind the last block looks like one. */
	FORM(((struct cfg *)(uintptr_t)form.s->f.cfg)->block_count = form.last->block);
	FORM(form.last->block = form.head->block);
	FORM(form.s->instances[0].points[1] = *form.head, form.s->instances[0].points[1].block--,
	     form.main->point_count = 2);
	FORM(form.s->instances[0].points[1] = *form.head, form.main->point_count = 2);
	AFTER(FINDING_NONE, form.s->instances[0].points[1] = *form.head,
	      form.s->instances[0].points[1].rank.anchor++,
	      form.s->instances[0].points[1].rank.direction = RANK_NONE,
	      form.main->point_count = 2);
	AFTER(FINDING_PROOF_POINT, form.main->point_count = 0);
	AFTER(FINDING_PROOF_POINT, form.f->point_count = 0);
out:
	form_fini(&form);
}

static void test_ranks(void)
{
	static const struct value none = { 0 };
	struct form form = { 0 };
	struct value v;

	FORM(form.head->rank.direction = RANK_DOWN + 1);
	FORM(form.head->rank.anchor = SYM_ANCHOR - 1);
	FORM(form.head->rank.anchor = SYM_ENTRY);
	FORM(form.head->rank.anchor++);
	FORM(form.head->rank.reg = 1);
	FORM(CHECK(edit_point(&form, form.head, 2, &none)));
	/* Not exactly the anchor, or not a number for sure. */
	for (u32 i = 0; i < 3; i++) {
		struct scalar n = scalar_range_s(1, 9);

		v = value_number(&n);
		v.sym = SYM_ANCHOR;
		v.dlo = i == 0 ? -1 : 0;
		v.dhi = i == 1 ? 1 : 0;
		if (i == 2) {
			v = value_pointer(VALUE_MEM, PROG_NO_INDEX);
			v.sym = SYM_ANCHOR;
			v.flags = VALUE_NULLABLE;
		}
		FORM(CHECK(edit_point(&form, form.head, 2, &v)));
	}
	/* Exactly a symbol that is no anchor. */
	v = value_unknown();
	v.dlo = v.dhi = 0;
	v.sym = SYM_ENTRY;
	FORM(CHECK(edit_point(&form, form.head, 2, &v)); form.head->rank.anchor = SYM_ENTRY);
	v.sym = SYM_LEN;
	FORM(CHECK(edit_point(&form, form.head, 2, &v)); form.head->rank.anchor = SYM_LEN);
	/* A place on the stack where nothing is. */
	FORM(form.head->rank.reg = FINDING_NO_REG, form.head->rank.off = -8);
	FORM(form.head->rank.reg = FINDING_NO_REG, form.head->rank.off = -4);
	FORM(form.head->rank.reg = FINDING_NO_REG, form.head->rank.off = -520);
	FORM(form.head->rank.reg = FINDING_NO_REG, form.head->rank.frame = 1,
	     form.head->rank.off = -8);
	/* What counts does not count so. */
	AFTER(FINDING_TERMINATION, form.head->rank.direction = RANK_DOWN);
	AFTER(FINDING_TERMINATION, form.last->rank.direction = RANK_UP);
	AFTER(FINDING_NONE, form.head->rank.direction = RANK_DOWN,
	      form.s->policy.no_termination = true);
	/* Without a rank the anchor is a symbol as any other. */
	AFTER(FINDING_PROOF_POINT, form.head->rank.direction = RANK_NONE);
out:
	form_fini(&form);
}

/* A rank by bytes of the stack that are no whole number yet when the loop is entered. */
static void test_rank_halves(void)
{
	static const char code[] = "r2 = *(u32 *)(r1 + 12)\n"
				   "*(u32 *)(r10 - 8) = r2\n"
				   "*(u32 *)(r10 - 4) = r2\n"
				   "r2 = 0\n"
				   "again: r2 += 1\n"
				   "if r2 < 10 goto again\n"
				   "r0 = 0\n"
				   "exit\n";
	struct search *s = mem_zalloc(sizeof(*s));
	struct proof_point *head;
	struct state *state;
	struct scalar n = scalar_range_u(0, 9);
	struct value v = value_unknown();

	CHECK(s != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, code), 0);
	s->ranks[0] = (struct search_rank){ RANK_UP, 2 };
	s->rank_count = 1;
	CHECK_EQ(search_run(s), 0);
	CHECK_EQ(found(s), FINDING_NONE);
	head = s->instances[0].points;
	state = search_state(s);
	CHECK(state != NULL);
	state_unpack(head->state, state);
	v.sym = SYM_ANCHOR;
	v.dlo = v.dhi = 0;
	state->regs[2] = value_number(&n);
	state->cell_count = 1;
	state->cells[0] = (struct cell){ .frame = 0, .size = 8, .off = -8, .value = v };
	head->state = search_keep(s, state);
	CHECK(head->state != NULL);
	head->rank.reg = FINDING_NO_REG;
	head->rank.frame = 0;
	head->rank.off = -8;
	head->rank.size = 8;
	CHECK_EQ(found(s), FINDING_PROOF_POINT);
out:
	search_drop(&s);
}

/* What a state claims has to be so each time. */
static void test_claims(void)
{
	struct form form = { 0 };
	struct value v = value_const(3);

	AFTER(FINDING_PROOF_POINT, CHECK(edit_point(&form, form.head, 3, &v)));
	AFTER(FINDING_PROOF_POINT, CHECK(edit_point(&form, form.last, 0, &v)));
	v = value_const(5);
	AFTER(FINDING_NONE, CHECK(edit_point(&form, form.last, 0, &v)));
	v.type = VALUE_CTX;
	AFTER(FINDING_PROOF_POINT, CHECK(edit_point(&form, form.last, 0, &v)));
out:
	form_fini(&form);
}

/* A limit that is just enough, and one that is not. */
static void test_visits(void)
{
	struct form form = { 0 };
	u64 visits = 0;

	AFTER(FINDING_NONE, CHECK_EQ(search_check(form.s), 0); visits = form.s->facts.max_visits;
	      form.s->proof.instances = form.main);
	/* 0 to 100 in the function's loop, once in from outside; it is called once. */
	CHECK_EQ(visits, 100 + 1);
	AFTER(FINDING_NONE, form.s->policy.max_steps = visits);
	AFTER(FINDING_MAX_STEPS, form.s->policy.max_steps = visits - 1);
	AFTER(FINDING_MAX_STEPS, form.s->policy.max_steps = 1);
	/* All of the stack that is used, and a byte less. */
	AFTER(FINDING_NONE, form.s->policy.max_stack = 32);
	AFTER(FINDING_STACK_DEPTH, form.s->policy.max_stack = 31);
out:
	form_fini(&form);
}

/* As large as a state may be, and it is walked with that. */
static bool make_full(struct form *form, struct proof_instance *instance)
{
	struct state *state = search_state(form->s);
	struct value five = value_const(5);

	if (state == NULL)
		return false;
	state_init(state);
	state->regs[1] = five;
	state->frame_count = STATE_FRAMES;
	state->regs[BPF_REG_FP] = value_pointer(VALUE_STACK, STATE_FRAMES - 1);
	for (u32 i = 0; i < STATE_CELLS; i++)
		state_store(state, i / 12, -512 + (s32)(i % 12) * 8, 8, &five);
	for (u32 i = 0; i < STATE_REFS; i++) {
		if (state_acquire(state, ID_ENTRY + i, 1, 0) != 0)
			return false;
	}
	for (u32 i = 0; state_diff_rows(state) < DIFF_ROWS; i++) {
		if (!diff_add(&state->diff, SYM_ENTRY + i, SYM_LEN, 5))
			return false;
	}
	/* Its one exit, which says less. */
	instance->entry = search_keep(form->s, state);
	return instance->entry != NULL && instance->entry->cells == STATE_CELLS &&
	       instance->entry->refs == STATE_REFS && instance->entry->frames == STATE_FRAMES;
}

static void test_full(void)
{
	struct form form = { 0 };

	/* What is held cannot be left by exits that hold nothing; the state itself is none of the
	 * form's faults. */
	AFTER(FINDING_PROOF_FORM, form.main[2] = *form.f; CHECK(make_full(&form, &form.main[2]));
	      form.s->proof.instance_count = 3);
	AFTER(FINDING_PROOF_POINT, form.main[2] = *form.f; CHECK(make_full(&form, &form.main[2]));
	      form.main[2].exit_count = 0; form.main[2].point_count = 0;
	      form.s->proof.instance_count = 3);
out:
	form_fini(&form);
}

/* Memory that there is not ends the check, and nothing is said of the program. */
static void test_memory(void)
{
	struct form form = { 0 };
	bool is_near = false;
	u32 failed = 0;

	for (u64 n = 1; n < 200; n++) {
		int status;

		form.s = mem_zalloc(sizeof(*form.s));
		CHECK(form.s != NULL);
		CHECK_EQ(form_make(&form), 0);
		mem_fail_at(n);
		status = search_check(form.s);
		TAP_FORGET_FAILURE();
		CHECK_EQ(status, status == 0 ? 0 : ERR_NOMEM);
		if (status == 0)
			break;
		CHECK_EQ(form.s->finding.id, FINDING_NO_MEMORY);
		CHECK_EQ(form.s->finding.reg, FINDING_NO_REG);
		failed++;
		search_fini(form.s);
		mem_free(form.s);
		form.s = NULL;
	}
	CHECK(failed >= 2 && failed < 199);
	form_fini(&form);
	/* Room in the arena for so much and no more. */
	for (u32 n = 0; n < 2000 * 256; n += is_near ? 16 : 256) {
		int status;

		form.s = mem_zalloc(sizeof(*form.s));
		CHECK(form.s != NULL);
		CHECK_EQ(form_make(&form), 0);
		form.s->f.arena.used = form.s->f.arena.cap;
		form.s->f.arena.limit = form.s->f.arena.total + n;
		status = search_check(form.s);
		CHECK_EQ(status, status == 0 ? 0 : ERR_NOMEM);
		CHECK_EQ(form.s->facts.max_visits, status == 0 ? 101 : 0);
		if (status == 0 && is_near)
			break;
		if (status == 0) { /* the last of it in small steps */
			is_near = true;
			n -= MIN(n, 1024u);
		} else {
			CHECK_EQ(form.s->finding.id, FINDING_NO_MEMORY);
		}
		search_fini(form.s);
		mem_free(form.s);
		form.s = NULL;
	}
	CHECK(form.s != NULL);
out:
	form_fini(&form);
}

/* Loads and checks what no loop is known of; points that drop says are left out. */
static int check_without(struct search *s, const char *code, u32 instance, u32 drop)
{
	int status = search_load(s, DIALECT_LINUX, "xdp", test_maps(), TEST_MAPS, code);

	if (status == 0)
		status = search_run(s);
	if (status != 0)
		return status;
	if (drop != UINT32_MAX) {
		struct search_instance *in = &s->instances[instance];
		struct proof_instance *list =
			arena_array(&s->f.arena, s->instance_count, sizeof(*list));

		if (list == NULL)
			return ERR_NOMEM;
		memmove(&in->points[drop], &in->points[drop + 1],
			(in->proof.point_count - drop - 1) * sizeof(in->points[0]));
		in->proof.point_count--;
		for (u32 i = 0; i < s->instance_count; i++)
			list[i] = s->instances[i].proof;
		s->proof.instances = list;
	}
	return search_check(s);
}

/* Each point is there for a reason, whichever is left out. */
static void test_each_point(void)
{
	/* A loop right at the start of a function, which is left at once: one point. */
	static const char loop[] = "r1 = 1\ncall f\nr0 = 0\nexit\n"
				   "f: r1 -= 1\nif r1 != 0 goto f\nr0 = 0\nexit\n";
	/* Two ways back from a function, to a place where ways meet. */
	static const char call[] = "r6 = *(u32 *)(r1 + 12)\nr1 = r6\nif r6 == 7 goto over\n"
				   "call f\nback: r0 = 0\nexit\nover: r0 = 9\ngoto back\n"
				   "f: r0 = 1\nif r1 > 3 goto end\nr0 = 2\nend: exit\n";
	static const char joins[] = "r0 = *(u32 *)(r1 + 12)\nif r0 > 5 goto a\nr0 = 1\n"
				    "a: r0 &= 3\nif r0 == 2 goto b\nr0 = 2\nb: exit\n";
	static const char *const codes[] = { loop, call, joins };
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
		u32 counts[2] = { 0 };

		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(check_without(s, codes[i], 0, UINT32_MAX), 0);
		for (u32 k = 0; k < s->instance_count; k++)
			counts[k] = s->instances[k].proof.point_count;
		search_drop(&s);
		CHECK(counts[0] + counts[1] > 0);
		for (u32 k = 0; k < counts[0] + counts[1]; k++) {
			u32 instance = k < counts[0] ? 0 : 1;

			s = mem_zalloc(sizeof(*s));
			CHECK(s != NULL);
			CHECK_EQ(check_without(s, codes[i], instance,
					       instance == 0 ? k : k - counts[0]),
				 ERR_ACCES);
			CHECK_EQ(s->finding.id, FINDING_PROOF_POINT);
			CHECK_EQ(s->finding.instance, instance);
			search_drop(&s);
		}
	}
out:
	search_drop(&s);
}

TAP_MAIN(TAP_TEST(test_rank_halves), TAP_TEST(test_full), TAP_TEST(test_memory),
	 TAP_TEST(test_each_point), TAP_TEST(test_instances), TAP_TEST(test_points),
	 TAP_TEST(test_ranks), TAP_TEST(test_claims), TAP_TEST(test_visits))
