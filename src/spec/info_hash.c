/* SPDX-License-Identifier: MIT */
/* The bytes under the program-information hash. Nothing is gathered: they go out as they are made.
 */
#include "spec/info_hash.h"

#include "base/le.h"
#include "base/str.h"
#include "prog/exec.h"
#include "spec/text.h"

struct encoder {
	info_hash_put *put;
	void *arg;
};

static void put_u8(const struct encoder *out, u8 value)
{
	out->put(out->arg, &value, 1);
}

static void put_u32(const struct encoder *out, u32 value)
{
	u8 bytes[4];

	le32_store(bytes, value);
	out->put(out->arg, bytes, sizeof(bytes));
}

static void put_u64(const struct encoder *out, u64 value)
{
	u8 bytes[8];

	le64_store(bytes, value);
	out->put(out->arg, bytes, sizeof(bytes));
}

static void put_name(const struct encoder *out, const char *name)
{
	out->put(out->arg, name, strlen(name));
}

/* As the struct lies in memory. */
static void guid_bytes(const struct guid *guid, u8 ret_bytes[16])
{
	le32_store(ret_bytes, guid->data1);
	le16_store(ret_bytes + 4, guid->data2);
	le16_store(ret_bytes + 6, guid->data3);
	memcpy(ret_bytes + 8, guid->data4, 8);
}

static void put_guid(const struct encoder *out, const struct guid *guid)
{
	u8 bytes[16];

	guid_bytes(guid, bytes);
	out->put(out->arg, bytes, sizeof(bytes));
}

/* The contract does not tell where a map value goes from a map value. */
static void put_classes(const struct encoder *out, enum spec_ret ret, const enum spec_arg args[5])
{
	put_u32(out, (u32)ret);
	for (size_t i = 0; i < 5; i++)
		put_u32(out, args[i] == ARG_MAP_VALUE_OUT ? ARG_MAP_VALUE : (u32)args[i]);
}

static void put_type(const struct encoder *out, const struct spec_prog_type *type)
{
	const struct spec_ctx *ctx = type->ctx;

	put_name(out, type->name);
	put_u32(out, ctx->size);
	put_u32(out, (u32)ctx->data);
	put_u32(out, (u32)ctx->data_end);
	put_u32(out, (u32)ctx->data_meta);
	put_guid(out, &type->guid);
	put_u32(out, type->number);
	put_u8(out, (type->flags & PROG_TYPE_PRIVILEGED) != 0);
}

static int put_helpers(const struct encoder *out, const struct info_hash_input *input,
		       struct error *err)
{
	put_u64(out, input->helper_count);
	for (size_t i = 0; i < input->helper_count; i++) {
		const struct spec_helper *helper = spec_find_helper(input->spec, DIALECT_WINDOWS,
								    input->type, input->helpers[i]);

		if (i > 0 && input->helpers[i - 1] >= input->helpers[i])
			return error_set(err, ERR_INVAL, "helper ids %u, %u are not ascending",
					 input->helpers[i - 1], input->helpers[i]);
		if (helper == NULL)
			return error_set(err, ERR_NOENT, "program type %s has no helper %u",
					 input->type->name, input->helpers[i]);
		put_u32(out, helper->id);
		put_name(out, helper->name);
		put_classes(out, helper->ret, helper->args);
		if (helper->flags & HELPER_MOVES_PACKET)
			put_u8(out, 1);
	}
	return 0;
}

int info_hash_order(const struct info_hash_func *a, const struct info_hash_func *b)
{
	u8 a_module[16], b_module[16];
	int order;

	guid_bytes(&a->module, a_module);
	guid_bytes(&b->module, b_module);
	order = memcmp(a_module, b_module, sizeof(a_module));
	return order != 0 ? order : strcmp(a->name, b->name);
}

int info_hash_funcs(const struct prog *prog, struct info_hash_func *ret_funcs, struct error *err)
{
	for (u32 i = 0; i < prog->func_count; i++) {
		const struct prog_func *func = &prog->funcs[i];
		const struct spec_helper *contract =
			spec_find_function(prog->spec, prog->dialect, func->name, func->module);
		struct info_hash_func row = { .name = func->name };
		u32 at = i;

		if (contract == NULL || func->module == NULL ||
		    !spec_module_read(func->module, &row.module))
			return error_set(err, ERR_NOENT, "function %.64s is not known", func->name);
		row.ret = contract->ret;
		row.flags = (contract->flags & HELPER_MOVES_PACKET) != 0;
		memcpy(row.args, contract->args, sizeof(row.args));
		for (; at > 0 && info_hash_order(&ret_funcs[at - 1], &row) > 0; at--)
			ret_funcs[at] = ret_funcs[at - 1];
		ret_funcs[at] = row;
	}
	return 0;
}

static int put_funcs(const struct encoder *out, const struct info_hash_input *input,
		     struct error *err)
{
	if (input->func_count == 0)
		return 0;
	put_u64(out, input->func_count);
	for (size_t i = 0; i < input->func_count; i++) {
		const struct info_hash_func *func = &input->funcs[i];

		if (i > 0 && info_hash_order(func - 1, func) >= 0)
			return error_set(err, ERR_INVAL, "functions %s, %s are not ascending",
					 func[-1].name, func->name);
		put_guid(out, &func->module);
		put_name(out, func->name);
		put_classes(out, func->ret, func->args);
		put_u32(out, func->flags);
	}
	return 0;
}

int info_hash_encode(const struct info_hash_input *input, info_hash_put *put, void *arg,
		     struct error *err)
{
	const struct spec_prog_type *type = input->type;
	struct encoder out = { put, arg };
	int status;

	if (type->dialect != DIALECT_WINDOWS || type->ctx == NULL)
		return error_set(err, ERR_NOTSUP, "program type %s has no program-information hash",
				 type->name);
	put_type(&out, type);
	status = put_helpers(&out, input, err);
	return status != 0 ? status : put_funcs(&out, input, err);
}

static void hash_piece(void *arg, const void *bytes, size_t len)
{
	sha256_update(arg, bytes, len);
}

int info_hash_sha256(const struct info_hash_input *input, struct error *err,
		     u8 ret_digest[SHA256_SIZE])
{
	struct sha256 ctx;
	int status;

	sha256_init(&ctx);
	status = info_hash_encode(input, hash_piece, &ctx, err);
	if (status == 0)
		sha256_final(&ctx, ret_digest);
	return status;
}
