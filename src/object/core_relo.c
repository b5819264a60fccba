/* SPDX-License-Identifier: MIT */
/* CO-RE: puts what a relocation comes to into its instruction. Where there is nothing to put in,
 * the instruction is replaced by a call that nothing can execute; programs guard such places. */
#include "base/str.h"
#include "base/strbuf.h"
#include "elf/elf.h"
#include "object/index.h"
#include "os/os.h"

enum { BTF_EXT_EMPTY = 32 }; /* a header of .BTF.ext without anything */

/* Results by record of a section, so that a function which many programs call costs its search
 * once. */
struct core_memo {
	bool is_done;
	struct btf_core_value value;
};

struct core_state {
	struct btf_core core;
	struct core_memo **memos; /* by section */
};

static int open_state(struct object *obj, struct error *err)
{
	struct core_state *state;
	u64 seed;

	if (obj->index->core != NULL)
		return 0;
	state = arena_alloc(&obj->arena, sizeof(*state));
	if (state == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	state->core.local = &obj->btf;
	state->core.steps = BTF_CORE_BUDGET;
	state->memos = arena_array(&obj->arena, obj->elf.section_count, sizeof(struct core_memo *));
	if (state->memos == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	if (obj->target_btf != NULL) {
		int status;

		os_random(&seed, sizeof(seed));
		status =
			btf_index_open(obj->target_btf, seed, &obj->arena, &state->core.index, err);
		if (status != 0)
			return status;
	}
	obj->index->core = state;
	return 0;
}

static int resolve(struct object *obj, u32 section, u32 record, struct btf_core_value *ret_value,
		   struct error *err)
{
	struct core_state *state = obj->index->core;
	const struct btf_ext_section *ext = obj->index->sections[section].ext;
	struct core_memo *memo;
	int status;

	if (state->memos[section] == NULL)
		state->memos[section] = arena_array(&obj->arena, ext->relo_count, sizeof(*memo));
	if (state->memos[section] == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	memo = &state->memos[section][record];
	if (!memo->is_done) {
		status = btf_core_resolve(&state->core, &ext->relos[record], &memo->value, err);
		if (status != 0)
			return status;
		memo->is_done = true;
	}
	*ret_value = memo->value;
	return 0;
}

/* --- one instruction ------------------------------------------------------------------------- */

static bool is_memory(const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: return true;
	default: return false;
	}
}

static bool is_access_size(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* The field has another size in the target: the access changes with it where that has the same
 * effect. NULL, or why it has not. */
static const char *resize(const struct btf_core *core, const struct btf_core_value *value,
			  struct insn *insn)
{
	u32 from = value->local_field.size, to = value->target_field.size;
	bool is_store = insn->kind == INSN_STORE;
	bool is_wider = to > insn->size;

	if (from == to)
		return NULL;
	if (insn->size != from) /* a part of the field, from its low end on */
		return insn->size <= to ? NULL : "the field is smaller than the access";
	if ((insn->kind != INSN_LOAD && !is_store) || !is_access_size(to))
		return "the field's size does not suit the access";
	if (!btf_core_resizable(core, value,
				is_store ? !is_wider : (insn->flags & INSN_SIGNED) != 0))
		return "the field has another size, and the access would change its sign";
	if (is_store && is_wider && (insn->flags & INSN_IMM) != 0 && insn->imm < 0)
		return "the field has another size, and the constant would change";
	insn->size = (u8)to;
	if (to == 8)
		insn->flags &= (u8)~INSN_SIGNED;
	return NULL;
}

/* A load or store of a bit-field's word: the word moves with the bits, as long as these stay at the
 * same place in a byte. */
static const char *move_bits(const struct btf_core_value *value, const struct insn *insn,
			     s64 *ret_off)
{
	s64 by = (s64)value->target_field.bit_off - (s64)value->local_field.bit_off;

	if (by % 8 != 0 || value->local_field.bit_size != value->target_field.bit_size)
		return "the bit-field has another place or width";
	*ret_off = insn->off + by / 8;
	return NULL;
}

static int patch_memory(const struct btf_core *core, const struct btf_core_relo *relo,
			struct insn *insn, struct btf_core_value *value, struct error *err)
{
	s64 off = (s64)value->target_field.off;
	bool has_bits = value->local_field.bit_size != 0;

	if (relo->kind != BTF_CORE_FIELD_BYTE_OFFSET)
		return error_set(err, ERR_NOEXEC, "a load or store cannot hold it");
	if (value->is_local_sure && insn->off != (s64)value->local)
		return error_set(err, ERR_NOEXEC, "the instruction has offset %d, not %llu",
				 insn->off, value->local);
	if (has_bits)
		value->missed = move_bits(value, insn, &off);
	else if (value->target_field.bit_size != 0)
		value->missed = "it is a bit-field there";
	else
		value->missed = resize(core, value, insn);
	if (value->missed == NULL && (off < INT16_MIN || off > INT16_MAX))
		value->missed = "the offset does not fit the instruction";
	if (value->missed == NULL)
		insn->off = (s32)off;
	return 0;
}

static int patch_immediate(struct insn *insn, struct btf_core_value *value, struct error *err)
{
	s64 imm = (s64)value->target;

	if (value->is_local_sure && insn->imm != (s64)value->local)
		return error_set(err, ERR_NOEXEC, "the instruction has %lld, not %llu", insn->imm,
				 value->local);
	if (insn->kind == INSN_ALU) {
		/* 32 bits, which 64-bit operations extend. */
		if (imm != (s32)imm && (insn->width == 64 || imm != (u32)imm))
			value->missed = "the value does not fit the instruction";
		imm = (s32)imm;
	}
	if (value->missed == NULL)
		insn->imm = imm;
	return 0;
}

/* Replaces what must not be reached. */
static int leave_unresolved(struct link *link, u32 slot, const char *text, struct error *err)
{
	struct insn *insn = &link->insns.items[slot];
	unsigned slots = insn_slots(insn);

	for (unsigned i = 0; i < slots; i++) {
		struct prog_unresolved unresolved = { slot + i, text };

		insn[i] = (struct insn){ .kind = INSN_CALL, .imm = PROG_UNRESOLVED_HELPER };
		if (vec_push(&link->unresolved, unresolved) != 0)
			return error_set(err, ERR_NOMEM, "out of memory");
	}
	return 0;
}

static int patch(struct link *link, const struct btf_core_relo *relo, u32 slot,
		 struct btf_core_value *value, struct error *err)
{
	const struct btf_core *core = &link->obj->index->core->core;
	struct insn *insn = &link->insns.items[slot];

	if (is_memory(insn))
		return value->missed != NULL ? 0 : patch_memory(core, relo, insn, value, err);
	if ((insn->kind == INSN_ALU && (insn->flags & INSN_IMM) != 0) ||
	    (insn->kind == INSN_LDDW && insn->op == LDDW_IMM))
		return value->missed != NULL ? 0 : patch_immediate(insn, value, err);
	return error_set(err, ERR_NOEXEC, "the instruction has nothing to adjust");
}

static int apply(struct link *link, u32 section, u32 record, u32 slot, struct error *err)
{
	struct object *obj = link->obj;
	const struct btf_core_relo *relo = &obj->index->sections[section].ext->relos[record];
	struct btf_core_value value;
	struct strbuf text = STRBUF_INIT;
	int status = resolve(obj, section, record, &value, err);

	if (status == 0)
		status = patch(link, relo, slot, &value, err);
	if (status == 0 && value.missed == NULL)
		return 0;
	strbuf_printf(&text, "CO-RE relocation %s of ", btf_core_kind_name(relo->kind));
	btf_core_describe(&obj->btf, relo, &text);
	if (status != 0) {
		error_prefix(err, "%s", strbuf_str(&text));
	} else {
		const char *copy;

		strbuf_printf(&text, ": %s", value.missed);
		copy = arena_strndup(&obj->arena, strbuf_str(&text), text.len);
		status = strbuf_status(&text) != 0 || copy == NULL
				 ? error_set(err, ERR_NOMEM, "out of memory")
				 : leave_unresolved(link, slot, copy, err);
	}
	strbuf_fini(&text);
	return status;
}

/* --- a function ------------------------------------------------------------------------------ */

static u32 first_record(const struct btf_ext_section *ext, u64 off)
{
	u32 low = 0, high = ext->relo_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (ext->relos[mid].insn_off < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* What cannot be read could be wrong for the chosen target, where for the object's own types it is
 * as the compiler left it. */
static int check_readable(const struct object *obj, struct error *err)
{
	u32 idx = elf_section_by_name(&obj->elf, ".BTF.ext");

	if (obj->target_btf != NULL && idx != 0 && obj->btf_ext.section_count == 0 &&
	    obj->elf.sections[idx].size > BTF_EXT_EMPTY)
		return error_set(err, ERR_NOEXEC,
				 "its CO-RE relocations cannot be read (section .BTF.ext)");
	return 0;
}

int link_core_relos(struct link *link, const struct link_func *func, u32 *ret_at, struct error *err)
{
	struct object *obj = link->obj;
	const struct object_prog *prog = &obj->progs[func->func];
	const struct btf_ext_section *ext = obj->index->sections[prog->section_idx].ext;
	u64 end = prog->off + (u64)prog->count * INSN_SLOT_SIZE, last = UINT64_MAX;
	int status = check_readable(obj, err);
	u32 i;

	if (status != 0 || ext == NULL)
		return status;
	i = first_record(ext, prog->off);
	if (i < ext->relo_count && ext->relos[i].insn_off < end)
		status = open_state(obj, err);
	for (; i < ext->relo_count && ext->relos[i].insn_off < end && status == 0; i++) {
		u64 off = ext->relos[i].insn_off;

		*ret_at = (u32)((off - prog->off) / INSN_SLOT_SIZE);
		if ((off - prog->off) % INSN_SLOT_SIZE != 0 || off == last)
			return error_set(err, ERR_NOEXEC, "%s CO-RE relocation at 0x%llx",
					 off == last ? "a second" : "an unaligned", off);
		last = off;
		status = apply(link, prog->section_idx, i, func->start + *ret_at, err);
	}
	return status;
}

int core_describe(struct object *obj, u32 section, u32 record, struct object_reloc *ret,
		  struct error *err)
{
	const struct btf_core_relo *relo = &obj->index->sections[section].ext->relos[record];
	struct strbuf text = STRBUF_INIT;
	struct btf_core_value value;
	struct error why = { 0 };
	int status = open_state(obj, &why);

	if (status == 0)
		status = resolve(obj, section, record, &value, &why);
	if (status == ERR_NOMEM)
		return error_set(err, status, "out of memory");
	btf_core_describe(&obj->btf, relo, &text);
	ret->kind_name = btf_core_kind_name(relo->kind);
	ret->symbol = arena_strndup(&obj->arena, strbuf_str(&text), text.len);
	if (status != 0)
		ret->error = arena_strndup(&obj->arena, why.text, strlen(why.text));
	else if (value.missed != NULL)
		ret->error = value.missed;
	else
		ret->value = value.target;
	if (strbuf_status(&text) != 0 || ret->symbol == NULL || (status != 0 && ret->error == NULL))
		status = error_set(err, ERR_NOMEM, "out of memory");
	else
		status = 0;
	strbuf_fini(&text);
	return status;
}

u32 object_core_relo_count(const struct object *obj)
{
	u32 count = 0;

	for (u32 i = 1; i < obj->elf.section_count; i++)
		if (obj->index->sections[i].use == SECTION_CODE &&
		    obj->index->sections[i].ext != NULL)
			count += obj->index->sections[i].ext->relo_count;
	return count;
}

/* --- the target ------------------------------------------------------------------------------ */

int object_btf_open(const u8 *bytes, size_t len, struct arena *arena, struct btf *ret_btf,
		    struct error *err)
{
	const struct elf_section *section;
	struct elf elf = { 0 };
	u32 idx;
	int status;

	if (len < 4 || memcmp(bytes, "\177ELF", 4) != 0)
		return btf_open(bytes, len, arena, ret_btf, err);
	status = elf_open(bytes, len, arena, &elf, err);
	if (status != 0)
		return status;
	idx = elf_section_by_name(&elf, ".BTF");
	section = &elf.sections[idx];
	if (idx == 0 || section->data == NULL)
		return error_set(err, ERR_NOEXEC, "section .BTF %s",
				 idx == 0		? "is missing"
				 : section->bad != NULL ? section->bad
							: "is empty");
	return btf_open(section->data, section->size, arena, ret_btf, err);
}
