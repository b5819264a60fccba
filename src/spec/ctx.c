/* SPDX-License-Identifier: MIT */
/* What programs may load from and store to their contexts. Linux rewrites each access, so it must
 * be one that means something; contexts of the Windows dialect are plain memory. */
#include "spec/spec.h"

const struct spec_ctx *spec_ctx_of(const struct spec_prog_type *type,
				   const struct spec_attach_type *attach)
{
	return attach != NULL && attach->ctx != NULL ? attach->ctx : type->ctx;
}

struct spec_range spec_result_of(const struct spec_prog_type *type,
				 const struct spec_attach_type *attach)
{
	return attach != NULL && attach->has_result ? attach->result : type->result;
}

static bool is_pointer(const struct spec_field *field)
{
	return field->kind != FIELD_SCALAR && field->kind != FIELD_PACKET_LEN;
}

static bool is_inside(const struct spec_field *field, u32 off, u32 size)
{
	return off >= field->off && off + size <= (u32)field->off + field->size;
}

static bool overlaps(const struct spec_field *field, u32 off, u32 size)
{
	return off < (u32)field->off + field->size && off + size > field->off;
}

/* Memory: a load may take several fields and what is between them, a store what may be written. */
static const char *plain_access(const struct spec_ctx *ctx, u32 off, u32 size, bool store,
				const struct spec_field **ret_field)
{
	u32 writable = 0;

	*ret_field = NULL;
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		if (!overlaps(field, off, size))
			continue;
		if (is_pointer(field)) {
			if (store)
				return "its pointers are not written";
			if (off != field->off || size != field->size)
				return "a pointer is loaded whole";
			*ret_field = field;
			return NULL;
		}
		if (field->writable)
			writable += MIN(off + size, (u32)field->off + field->size) -
				    MAX(off, (u32)field->off);
	}
	return store && writable != size ? "it is not written by programs" : NULL;
}

static const char *field_load(const struct spec_field *field, u32 off, u32 size)
{
	u32 into = off - field->off;

	if (size == field->unit)
		return into % size == 0 ? NULL : "it is not aligned";
	if ((field->flags & FIELD_ANY) != 0 || (field->flags & FIELD_WIDE && size == 8))
		return off % size == 0 ? NULL : "it is not aligned";
	if ((field->flags & FIELD_WHOLE) != 0 || size > field->unit)
		return "the field has another size";
	return into % size == 0 ? NULL : "it is not aligned";
}

static const char *field_store(const struct spec_field *field, u32 off, u32 size)
{
	if (!field->writable)
		return "it is not written by programs";
	if (size < field->unit)
		return "the field has another size";
	return field_load(field, off, size);
}

const char *spec_ctx_access(const struct spec_ctx *ctx, u32 off, u32 size, bool store,
			    const struct spec_field **ret_field)
{
	if (size == 0 || size > 8 || (size & (size - 1)) != 0 || off > ctx->size ||
	    size > ctx->size - off)
		return "it is outside of the context";
	if ((ctx->flags & SPEC_CTX_PLAIN) != 0)
		return plain_access(ctx, off, size, store, ret_field);
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];
		const char *why;

		if ((field->flags & FIELD_OLD_PORT) != 0 && !store && off == field->off &&
		    size == 4) {
			*ret_field = field;
			return NULL;
		}
		if (!is_inside(field, off, size))
			continue;
		why = store ? field_store(field, off, size) : field_load(field, off, size);
		if (why == NULL)
			*ret_field = field;
		return why;
	}
	return "programs of this type have no such field";
}
