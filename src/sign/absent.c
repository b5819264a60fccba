/* SPDX-License-Identifier: MIT */
/* In place of everything on libcrypto where the build has none. */
#include "base/mem.h"
#include "sign/sign.h"

static int absent(struct error *err)
{
	return error_set(err, ERR_NOTSUP,
			 "this build has no signatures: it was made without "
			 "libcrypto");
}

int sign_key_read(const char *name, const void *key, size_t key_len, const void *certs,
		  size_t certs_len, struct sign_key **ret_key, struct error *err)
{
	(void)name;
	(void)key;
	(void)key_len;
	(void)certs;
	(void)certs_len;
	(void)ret_key;
	return absent(err);
}

void sign_key_free(struct sign_key *key)
{
	(void)key;
}

int sign_key_new(const char *name, s64 time, u32 days, struct sign_new_key *ret_key,
		 struct error *err)
{
	(void)name;
	(void)time;
	(void)days;
	(void)ret_key;
	return absent(err);
}

void sign_new_key_fini(struct sign_new_key *key)
{
	(void)key;
}

int sign_image(const u8 *image, size_t len, const struct sign_key *key,
	       const struct sign_options *options, u8 **ret_signed, size_t *ret_len,
	       struct error *err)
{
	(void)image;
	(void)len;
	(void)key;
	(void)options;
	(void)ret_signed;
	(void)ret_len;
	return absent(err);
}

/* There is one, so that what is made of configuration works; nothing can be put into it. */
struct sign_store *sign_store_new(void)
{
	return mem_alloc(1);
}

void sign_store_free(struct sign_store *store)
{
	mem_free(store);
}

int sign_store_add(struct sign_store *store, enum sign_kind kind, const char *name,
		   const void *bytes, size_t len, struct error *err)
{
	(void)store;
	(void)kind;
	(void)name;
	(void)bytes;
	(void)len;
	return absent(err);
}

int sign_describe_certs(const char *name, const void *bytes, size_t len, struct arena *arena,
			const struct sign_cert **ret_certs, u32 *ret_count, struct error *err)
{
	(void)name;
	(void)bytes;
	(void)len;
	(void)arena;
	(void)ret_certs;
	(void)ret_count;
	return absent(err);
}

int sign_verify(const u8 *image, size_t len, const struct sign_policy *policy,
		struct sign_result *ret_result, struct error *err)
{
	(void)policy;
	return sign_inspect(image, len, ret_result, err);
}

int sign_inspect(const u8 *image, size_t len, struct sign_result *ret_result, struct error *err)
{
	(void)image;
	(void)len;
	*ret_result = (struct sign_result){ .reason = SIGN_ERROR };
	return absent(err);
}
