/* SPDX-License-Identifier: MIT */
/* The assembler's frame: lines, comments, labels. What a statement looks like is in asm_objdump.c
 * and asm_vector.c. */
#include "isa/asm.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/strmap.h"
#include "isa/asm_parse.h"
#include "isa/decode.h"

/* A target that was written as a label. */
struct label_ref {
	const char *name;
	size_t insn; /* index into the result */
	unsigned line;
};

struct assembly {
	insn_vec *insns;
	size_t base; /* where ours begin in *insns */
	struct arena names;
	struct strmap labels; /* name to slot from base on */
	VEC(struct label_ref) refs;
	struct error *err;
};

static int no_memory(struct assembly *as)
{
	return error_set(as->err, ERR_NOMEM, "out of memory");
}

/* Whether the line goes on in llvm-objdump's syntax. */
static bool is_objdump_style(struct asm_line *line)
{
	static const char *const words[] = { "*", "if", "goto", "gotol", "store_release" };
	const char *start = line->p;
	struct asm_reg reg;
	bool found = asm_eat_reg(line, &reg);

	for (size_t i = 0; i < ARRAY_COUNT(words) && !found; i++)
		found = asm_eat(line, words[i]);
	line->p = start;
	return found;
}

/* Fields that no encoding can hold are found here, where the line is known. */
static int check_encodable(struct asm_line *line, const struct insn *insn)
{
	u8 bytes[2 * INSN_SLOT_SIZE];
	int status = insn_encode(insn, bytes, line->err);

	return status != 0 ? error_prefix(line->err, "line %u", line->number) : 0;
}

int asm_statement(struct asm_line *line)
{
	int status;
	size_t len;

	line->insn = (struct insn){ 0 };
	line->label = NULL;
	status = is_objdump_style(line) ? asm_statement_objdump(line) : asm_statement_vector(line);
	if (status != 0)
		return status;
	/* The disassembler's names for what an instruction refers to. */
	if (asm_eat(line, "<"))
		line->p = line->end;
	asm_peek_word(line, &len);
	if (line->p != line->end)
		return asm_error(line, "unexpected text");
	return check_encodable(line, &line->insn);
}

static int define_label(struct assembly *as, struct asm_line *line, const char *name, size_t len)
{
	const char *copy = arena_strndup(&as->names, name, len);
	u64 slot;

	if (copy == NULL)
		return no_memory(as);
	if (strmap_get(&as->labels, copy, &slot))
		return error_set(as->err, ERR_INVAL, "line %u: label %.40s is there already",
				 line->number, copy);
	if (strmap_put(&as->labels, copy, as->insns->count - as->base) != 0)
		return no_memory(as);
	return 0;
}

/* Takes "name:" as often as it comes. */
static int parse_labels(struct assembly *as, struct asm_line *line)
{
	for (;;) {
		size_t len;
		const char *word = asm_peek_word(line, &len);
		int status;

		if (len == 0 || word + len == line->end || word[len] != ':')
			return 0;
		if (*word >= '0' && *word <= '9')
			return asm_error(line, "a label begins with a letter");
		status = define_label(as, line, word, len);
		if (status != 0)
			return status;
		line->p += len + 1;
	}
}

static int add_insn(struct assembly *as, const struct asm_line *line)
{
	size_t index = as->insns->count;

	if (line->label != NULL) {
		const char *name = arena_strndup(&as->names, line->label, line->label_len);

		if (name == NULL ||
		    vec_push(&as->refs, (struct label_ref){ name, index, line->number }) != 0)
			return no_memory(as);
	}
	if (vec_push(as->insns, line->insn) != 0)
		return no_memory(as);
	if (insn_slots(&line->insn) == 2 &&
	    vec_push(as->insns, (struct insn){ .kind = INSN_LDDW_HIGH }) != 0)
		return no_memory(as);
	return 0;
}

static int parse_line(struct assembly *as, struct asm_line *line)
{
	int status = parse_labels(as, line);
	size_t len;

	if (status != 0)
		return status;
	asm_peek_word(line, &len);
	if (line->p == line->end)
		return 0;
	status = asm_statement(line);
	return status != 0 ? status : add_insn(as, line);
}

static int resolve_labels(struct assembly *as)
{
	u64 slot;

	if (!strmap_get(&as->labels, "exit", &slot)) {
		for (size_t i = as->base; i < as->insns->count; i++) {
			if (as->insns->items[i].kind != INSN_EXIT)
				continue;
			if (strmap_put(&as->labels, "exit", i - as->base) != 0)
				return no_memory(as);
			break;
		}
	}
	for (size_t i = 0; i < as->refs.count; i++) {
		const struct label_ref *ref = &as->refs.items[i];
		struct asm_line line = { .number = ref->line, .err = as->err };
		struct insn *insn = &as->insns->items[ref->insn];
		s64 off;
		int status;

		if (!strmap_get(&as->labels, ref->name, &slot))
			return error_set(as->err, ERR_INVAL, "line %u: there is no label %.40s",
					 ref->line, ref->name);
		off = (s64)slot - (s64)(ref->insn - as->base) - 1;
		if (off != (s32)off)
			return error_set(as->err, ERR_INVAL, "line %u: label %.40s is too far away",
					 ref->line, ref->name);
		insn->off = (s32)off;
		status = check_encodable(&line, insn);
		if (status != 0)
			return status;
	}
	return 0;
}

static int parse_text(struct assembly *as, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	unsigned number = 0;

	while (p < end) {
		const char *eol = p, *stop;
		int status;

		while (eol < end && *eol != '\n')
			eol++;
		for (stop = p; stop < eol && *stop != '#' && *stop != ';';)
			stop++;
		status = parse_line(
			as, &(struct asm_line){
				    .p = p, .end = stop, .number = ++number, .err = as->err });
		if (status != 0)
			return status;
		p = eol < end ? eol + 1 : end;
	}
	return resolve_labels(as);
}

int asm_parse(const char *text, size_t len, insn_vec *ret_insns, struct error *err)
{
	struct assembly as = { .insns = ret_insns, .base = ret_insns->count, .err = err };
	const struct insn *own;
	int status;

	arena_init(&as.names, 0);
	/* The seed depends on the text, so names that collide in one table are not found by trying.
	 */
	strmap_init(&as.labels, hash_bytes(text, len, len));
	status = parse_text(&as, text, len);
	/* An empty vector has no items to point into. */
	own = ret_insns->count == as.base ? NULL : ret_insns->items + as.base;
	if (status == 0)
		status = insn_check_targets(own, ret_insns->count - as.base, err);
	vec_free(&as.refs);
	strmap_fini(&as.labels);
	arena_fini(&as.names);
	return status;
}
