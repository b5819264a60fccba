/* SPDX-License-Identifier: MIT */
/* BTF's records as text, in the shape that is customary: [id] KIND 'name' key=value ... */
#include "dump.h"

static void add_name(struct strbuf *out, const char *name)
{
	strbuf_add_char(out, '\'');
	if (*name == '\0')
		strbuf_add(out, "(anon)");
	for (; *name != '\0'; name++)
		strbuf_add_char(out, (u8)*name < 0x20 || *name == 0x7f ? '?' : *name);
	strbuf_add_char(out, '\'');
}

static const char *linkage_name(u32 linkage)
{
	static const char *const names[] = { "static", "global", "extern" };

	return linkage < ARRAY_COUNT(names) ? names[linkage] : "unknown";
}

static const char *encoding_name(u32 encoding)
{
	static const char *const names[] = { "(none)", "SIGNED", "CHAR", NULL, "BOOL" };

	return encoding < ARRAY_COUNT(names) && names[encoding] != NULL ? names[encoding]
									: "UNKNOWN";
}

static void add_fields(struct strbuf *out, const struct btf_type *type)
{
	switch (type->kind) {
	case BTF_INT:
		strbuf_printf(out, " size=%u bits_offset=%u nr_bits=%u encoding=%s", type->size,
			      type->int_off, type->int_bits, encoding_name(type->flags));
		break;
	case BTF_ARRAY:
		strbuf_printf(out, " type_id=%u index_type_id=%u nr_elems=%u", type->type,
			      type->index_type, type->count);
		break;
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_DATASEC: strbuf_printf(out, " size=%u vlen=%u", type->size, type->count); break;
	case BTF_ENUM:
	case BTF_ENUM64:
		strbuf_printf(out, " encoding=%s size=%u vlen=%u",
			      type->flags != 0 ? "SIGNED" : "UNSIGNED", type->size, type->count);
		break;
	case BTF_FWD:
		strbuf_printf(out, " fwd_kind=%s", type->flags != 0 ? "union" : "struct");
		break;
	case BTF_FUNC_PROTO:
		strbuf_printf(out, " ret_type_id=%u vlen=%u", type->type, type->count);
		break;
	case BTF_FUNC:
		strbuf_printf(out, " type_id=%u linkage=%s", type->type, linkage_name(type->flags));
		break;
	case BTF_VAR:
		strbuf_printf(out, " type_id=%u, linkage=%s", type->type,
			      linkage_name(type->flags));
		break;
	case BTF_FLOAT: strbuf_printf(out, " size=%u", type->size); break;
	case BTF_DECL_TAG:
		strbuf_printf(out, " type_id=%u component_idx=%d", type->type, type->component);
		break;
	default: strbuf_printf(out, " type_id=%u", type->type); break;
	}
	strbuf_add_char(out, '\n');
}

static void add_member(struct strbuf *out, const struct btf_type *type,
		       const struct btf_member *member)
{
	strbuf_add_char(out, '\t');
	if (type->kind == BTF_DATASEC) {
		strbuf_printf(out, "type_id=%u offset=%u size=%u (VAR ", member->type, member->off,
			      member->size);
		add_name(out, member->name);
		strbuf_add(out, ")\n");
		return;
	}
	add_name(out, member->name);
	if (type->kind == BTF_ENUM || type->kind == BTF_ENUM64) {
		if (type->flags != 0)
			strbuf_printf(out, " val=%lld", (long long)member->value);
		else
			strbuf_printf(out, " val=%llu", (u64)member->value);
	} else {
		strbuf_printf(out, " type_id=%u", member->type);
		if (type->kind != BTF_FUNC_PROTO)
			strbuf_printf(out, " bits_offset=%u", member->off);
		if (member->size != 0)
			strbuf_printf(out, " bitfield_size=%u", member->size);
	}
	strbuf_add_char(out, '\n');
}

void btf_dump_raw(const struct btf *btf, struct strbuf *out)
{
	for (u32 id = 1; id < btf->type_count; id++) {
		const struct btf_type *type = &btf->types[id];

		strbuf_printf(out, "[%u] %s ", id, btf_kind_name(type->kind));
		add_name(out, type->name);
		add_fields(out, type);
		for (u32 i = 0; type->members != NULL && i < type->count; i++)
			add_member(out, type, &type->members[i]);
	}
}
