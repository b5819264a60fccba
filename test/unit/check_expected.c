/* SPDX-License-Identifier: MIT */
/* The small programs once more, to the last detail: each field of what is found in them; of those
 * that are safe, what is known at their ends, how large the proof is, and the facts. A difference
 * is one of precision, of reports or of names, and may be meant: with CHECK_EXPECTED in the
 * environment ("safe", "unsafe" or "holes") the test prints the rows of check_expected_*.def anew.
 * A program without a row passes. */
#include "check_programs.h"

#include "base/strbuf.h"

#define TEXT_MAX 400
#define WALKS	 300 /* enough for most, and quick */

struct expected {
	const char *name, *text;
};
#define EXPECT(program, what) { (program), (what) },
static const struct expected of_programs[] = {
#include "check_expected_safe.def"
#include "check_expected_unsafe.def"
};
static const struct expected of_holes[] = {
#include "check_expected_holes.def"
};
#undef EXPECT

static const struct hole {
	const char *name, *type, *text;
} holes[] = {
#define HOLE(what, verdict, kind, code) { (what), (kind), (code) },
#include "verify_holes.def"
#undef HOLE
};

static u32 checksum(u32 sum, const void *bytes, size_t count)
{
	const u8 *at = bytes;

	for (size_t i = 0; i < count; i++)
		sum = (sum ^ at[i]) * 16777619;
	return sum;
}

/* The range, and a checksum when there is more to it. */
static void print_number(struct strbuf *out, const struct scalar *n)
{
	struct scalar plain = scalar_range_s(n->smin, n->smax), any = scalar_top();
	u64 constant;

	if (scalar_is_const(n, &constant)) {
		strbuf_printf(out, "%lld", (s64)constant);
	} else if (memcmp(n, &any, sizeof(any)) == 0) {
		strbuf_add(out, "?");
	} else {
		strbuf_printf(out, "%lld..%lld", n->smin, n->smax);
		if (memcmp(n, &plain, sizeof(plain)) != 0)
			strbuf_printf(out, "~%04x", checksum(2166136261, n, sizeof(*n)) & 0xffff);
	}
}

static void print_value(struct strbuf *out, const struct value *v)
{
	if (!value_is_number(v)) {
		strbuf_add(out, value_type_text((enum value_type)v->type));
		if (v->region != 0 && v->region != PROG_NO_INDEX)
			strbuf_printf(out, "%u", v->region);
		strbuf_add(out, "+");
	}
	print_number(out, &v->n);
	if (v->sym != SYM_ZERO)
		strbuf_printf(out, "@%u+%lld..%lld", v->sym, v->dlo, v->dhi);
	if (v->flags != 0)
		strbuf_printf(out, " flags %u", v->flags);
	if (v->id != 0)
		strbuf_printf(out, " id %u", v->id);
	if (v->parent != 0)
		strbuf_printf(out, " of %u", v->parent);
	if (v->size != 0)
		strbuf_printf(out, " size %u", v->size);
}

/* Bounds but those of every state. */
static void print_diff(struct strbuf *out, const struct diff *diff)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		for (u32 j = 0; j < DIFF_ROWS; j++) {
			u32 a = diff->sym[i], b = diff->sym[j];
			s64 c = diff->bound[i][j];

			if (i != j && a != 0 && b != 0 && c != DIFF_NONE &&
			    (a >= SYM_ANCHOR || b >= SYM_ANCHOR ||
			     (c < VALUE_MAX_PACKET && c != 0 && c != 1)))
				strbuf_printf(out, " %u-%u<=%lld", a, b, c);
		}
	}
}

static void print_exit(struct search *s, u32 slot, const struct state *state)
{
	struct strbuf *out = s->at_exit_data;
	u32 init = checksum(2166136261, state->frames, state->frame_count * sizeof(struct frame));

	strbuf_printf(out, "%u:", slot);
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);

		if (v->type == VALUE_NONE || i == BPF_REG_FP)
			continue;
		if (i < BPF_REG_COUNT)
			strbuf_printf(out, " r%u ", i);
		else
			strbuf_printf(out, " [%u %d %u] ", state->cells[i - BPF_REG_COUNT].frame,
				      state->cells[i - BPF_REG_COUNT].off,
				      state->cells[i - BPF_REG_COUNT].size);
		print_value(out, v);
	}
	print_diff(out, &state->diff);
	for (u32 i = 0; i < state->ref_count; i++)
		strbuf_printf(out, " ref %u %u %u", state->refs[i].id, state->refs[i].kind,
			      state->refs[i].slot);
	if (state->packet_moved != 0 || state->outer_refs != 0)
		strbuf_printf(out, " moved %u outer %u", state->packet_moved, state->outer_refs);
	strbuf_printf(out, " init %04x; ", init & 0xffff);
}

static void print_finding(struct strbuf *out, const struct finding *f)
{
	const struct finding_text *text = finding_text((enum finding_id)f->id);

	strbuf_printf(out, "%s at %u", text != NULL ? text->id : "nothing", f->slot);
	if (f->reg != FINDING_NO_REG)
		strbuf_printf(out, " r%u type %u flags %u", f->reg, f->type, f->flags);
	if (f->region != 0)
		strbuf_printf(out, " region %d", (s32)f->region);
	if (f->lo != 0 || f->hi != 0)
		strbuf_printf(out, " %lld..%lld", f->lo, f->hi);
	if (f->limit != 0 || f->size != 0)
		strbuf_printf(out, " size %u limit %lld", f->size, f->limit);
	if (f->arg != 0)
		strbuf_printf(out, " arg %u", f->arg);
	if (f->other != 0 || f->instance != 0)
		strbuf_printf(out, " other %u instance %u", f->other, f->instance);
	strbuf_add(out, "; ");
}

/* What was found out, by the search and then by the check of what it made. */
static int print_verdict(struct strbuf *out, struct search *s)
{
	int status = search_run(s);
	struct finding found = { 0 };
	u32 bytes = 0, points = 0;

	if (status == ERR_NOMEM)
		return status;
	if (status != 0)
		strbuf_reset(out);
	if (status == ERR_ACCES) {
		found = s->t.finding;
		print_finding(out, &found);
	}
	for (u32 i = 0; i < s->proof.instance_count; i++) {
		const struct proof_instance *in = &s->proof.instances[i];

		for (u32 k = 0; k < in->point_count; k++)
			bytes += in->points[k].state->bytes;
		for (u32 k = 0; k < in->exit_count; k++)
			bytes += in->exits[k]->bytes;
		points += in->point_count;
	}
	strbuf_printf(out, "%u points, %u bytes; ", points, bytes);
	status = search_check(s);
	if (status == ERR_NOMEM)
		return status;
	if (status != 0 && memcmp(&found, &s->finding, sizeof(found)) == 0)
		strbuf_add(out, "the same");
	else if (status != 0)
		print_finding(out, &s->finding);
	else
		strbuf_printf(
			out, "work %u, stack %u, visits %llu, facts %08x", s->budget.work,
			s->facts.stack_depth, s->facts.max_visits,
			checksum(2166136261, s->rows, s->f.prog.insn_count * sizeof(s->rows[0])));
	return strbuf_status(out);
}

/* Long texts are cut between words, and end with a checksum of all. */
static void shorten(struct strbuf *out, char ret[TEXT_MAX])
{
	const char *text = strbuf_str(out);
	size_t len = strlen(text), keep = TEXT_MAX - 20;

	if (len < TEXT_MAX) {
		memcpy(ret, text, len + 1);
		return;
	}
	while (keep > 0 && text[keep] != ' ')
		keep--;
	snprintf(ret, TEXT_MAX, "%.*s ... %08x", (int)keep, text, checksum(2166136261, text, len));
}

static const char *expected_of(const struct expected *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].text;
	}
	return NULL;
}

/* ERR_NOMEM, or 0. status: of loading it; before: what is expected, NULL for anything. */
static int compare(struct search *s, const char *name, int status, const char *before, u32 *failed)
{
	struct strbuf out = { 0 };
	char text[TEXT_MAX];

	s->walks = SEARCH_WALKS - WALKS;
	s->at_exit = print_exit;
	s->at_exit_data = &out;
	if (status == 0)
		status = print_verdict(&out, s);
	else if (status != ERR_NOMEM)
		strbuf_add(&out, "not loaded");
	if (status == ERR_NOMEM)
		goto out_text;
	status = 0;
	shorten(&out, text);
	if (getenv("CHECK_EXPECTED") != NULL) {
		printf("EXPECT(\"%s\", \"%s\")\n", name, text);
	} else if (before == NULL) {
		printf("# %s: no row\n", name);
	} else if (strcmp(text, before) != 0) {
		printf("# %s\n#  is     %s\n#  and not %s\n", name, text, before);
		*failed += 1;
	}
out_text:
	strbuf_fini(&out);
	return status;
}

static bool is_asked_for(const char *what)
{
	const char *asked = getenv("CHECK_EXPECTED");

	return asked == NULL || strcmp(asked, what) == 0;
}

static void test_programs(void)
{
	struct search *s = NULL;
	u32 failed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		const char *name = programs[i].name;

		if (!is_asked_for(programs[i].expected == FINDING_NONE ? "safe" : "unsafe"))
			continue;
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(compare(s, name, program_load(s, &programs[i]),
				 expected_of(of_programs, ARRAY_COUNT(of_programs), name), &failed),
			 0);
		search_drop(&s);
	}
	CHECK_EQ(failed, 0);
out:
	search_drop(&s);
}

static void test_holes(void)
{
	struct search *s = NULL;
	u32 failed = 0;

	for (size_t i = 0; i < ARRAY_COUNT(holes) && is_asked_for("holes"); i++) {
		const struct hole *hole = &holes[i];

		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(compare(s, hole->name,
				 search_load(s, DIALECT_LINUX, hole->type, test_maps(), TEST_MAPS,
					     hole->text),
				 expected_of(of_holes, ARRAY_COUNT(of_holes), hole->name), &failed),
			 0);
		search_drop(&s);
	}
	CHECK_EQ(failed, 0);
out:
	search_drop(&s);
}

TAP_MAIN(TAP_TEST(test_programs), TAP_TEST(test_holes))
