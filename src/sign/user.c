/* SPDX-License-Identifier: MIT */
#include "sign/user.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "os/os.h"

#define MAX_FILE (4u << 20)
#define MAX_NAME 50

/* Gives the text away. */
static int take_text(struct strbuf *text, char **ret, struct error *err)
{
	if (strbuf_status(text) == 0 && text->len > 0) {
		*ret = text->data;
		return 0;
	}
	strbuf_fini(text);
	return error_set(err, ERR_NOMEM, "no memory for a path");
}

static int below_env(const char *variable, const char *between, const char *last, char **ret,
		     struct error *err)
{
	struct strbuf path = STRBUF_INIT;
	char *base = os_env(variable);

	if (base == NULL)
		return error_set(err, ERR_NOENT, "%s is not set, so there is no place for %s",
				 variable, last);
	strbuf_printf(&path, "%s%s/oriel/%s", base, between, last);
	mem_free(base);
	return take_text(&path, ret, err);
}

#ifdef _WIN32
static int user_path(const char *last, char **ret, struct error *err)
{
	return below_env("APPDATA", "", last, ret, err);
}

static int system_path(const char *last, char **ret, struct error *err)
{
	return below_env("ProgramData", "", last, ret, err);
}
#else
static int user_path(const char *last, char **ret, struct error *err)
{
	int status = below_env("XDG_DATA_HOME", "", last, ret, err);

	return status == ERR_NOENT ? below_env("HOME", "/.local/share", last, ret, err) : status;
}

static int system_path(const char *last, char **ret, struct error *err)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_printf(&path, "/etc/oriel/%s", last);
	return take_text(&path, ret, err);
}
#endif

int sign_dir_path(enum sign_dir dir, char **ret_path, struct error *err)
{
	switch (dir) {
	case SIGN_USER_KEYS: return user_path("keys", ret_path, err);
	case SIGN_USER_ROOTS: return user_path("roots", ret_path, err);
	case SIGN_SYSTEM_ROOTS: break;
	}
	return system_path("roots", ret_path, err);
}

bool sign_is_root_file(const char *name)
{
	static const char *const suffixes[] = { ".pem", ".crt", ".cer", ".der" };
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++)
		if (len > 4 && name[0] != '.' && str_eq(name + len - 4, suffixes[i]))
			return true;
	return false;
}

bool sign_is_key_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!str_is_alnum(name[i]) &&
		    (i == 0 || (name[i] != '.' && name[i] != '-' && name[i] != '_')))
			return false;
	return len > 0 && len <= MAX_NAME;
}

static int add_file(struct sign_store *store, const char *dir, const char *name, struct error *err)
{
	struct strbuf path = STRBUF_INIT;
	u8 *bytes = NULL;
	size_t len;
	int status;

	strbuf_printf(&path, "%s/%s", dir, name);
	if (strbuf_status(&path) != 0)
		status = error_set(err, ERR_NOMEM, "no memory for a path");
	else
		status = os_file_read(strbuf_str(&path), MAX_FILE, &bytes, &len, err);
	if (status == 0)
		status = sign_store_add(store, SIGN_ROOT, strbuf_str(&path), bytes, len, err);
	mem_free(bytes);
	strbuf_fini(&path);
	return status;
}

int sign_store_add_dir(struct sign_store *store, enum sign_dir dir, struct error *err)
{
	char *path, *names = NULL;
	size_t len = 0;
	int status = sign_dir_path(dir, &path, err);

	/* A user without a home has no roots. */
	if (status != 0)
		return status == ERR_NOENT ? 0 : status;
	status = os_dir_list(path, &names, &len, err);
	for (size_t at = 0; status == 0 && at < len; at += strlen(names + at) + 1)
		if (sign_is_root_file(names + at))
			status = add_file(store, path, names + at, err);
	if (status == ERR_NOENT && names == NULL)
		status = 0;
	mem_free(names);
	mem_free(path);
	return status;
}

int sign_store_add_roots(struct sign_store *store, bool with_user, struct error *err)
{
	int status = sign_store_add_dir(store, SIGN_SYSTEM_ROOTS, err);

	return status == 0 && with_user ? sign_store_add_dir(store, SIGN_USER_ROOTS, err) : status;
}

/* --- keys ------------------------------------------------------------------------------------ */

static int read_key_file(const char *dir, const char *name, const char *suffix, u8 **ret_bytes,
			 size_t *ret_len, struct error *err)
{
	struct strbuf path = STRBUF_INIT;
	int status;

	strbuf_printf(&path, "%s/%s%s", dir, name, suffix);
	if (strbuf_status(&path) != 0)
		status = error_set(err, ERR_NOMEM, "no memory for a path");
	else
		status = os_file_read(strbuf_str(&path), MAX_FILE, ret_bytes, ret_len, err);
	strbuf_fini(&path);
	return status;
}

static void wipe(u8 *bytes, size_t len)
{
	for (volatile u8 *p = bytes; bytes != NULL && len > 0; len--)
		*p++ = 0;
	mem_free(bytes);
}

int sign_user_key(const char *name, struct sign_key **ret_key, struct error *err)
{
	u8 *key = NULL, *certs = NULL;
	size_t key_len = 0, certs_len = 0;
	char *dir;
	int status;

	if (name == NULL)
		name = SIGN_DEFAULT_KEY;
	if (!sign_is_key_name(name))
		return error_set(err, ERR_INVAL, "'%s' is no name of a key", name);
	status = sign_dir_path(SIGN_USER_KEYS, &dir, err);
	if (status != 0)
		return status;
	status = read_key_file(dir, name, ".key", &key, &key_len, err);
	if (status == ERR_NOENT)
		status = error_set(err, ERR_NOENT,
				   "there is no key '%s'; 'oriel key new' makes one", name);
	if (status == 0)
		status = read_key_file(dir, name, ".pem", &certs, &certs_len, err);
	if (status == 0)
		status = sign_key_read(name, key, key_len, certs, certs_len, ret_key, err);
	wipe(key, key_len);
	mem_free(certs);
	mem_free(dir);
	return status;
}
