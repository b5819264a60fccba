/* SPDX-License-Identifier: MIT */
/* `oriel key ACTION [NAME]`: a user's keys, and the roots that are trusted here. */
#include "cli.h"

#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"
#include "calendar.h"
#include "show.h"
#include "os/os.h"
#include "sign/user.h"

#define FILE_LIMIT   (4u << 20)
#define DEFAULT_DAYS 3650

enum { OPT_DAYS };

static const struct cli_option key_options[] = {
	[OPT_DAYS] = { "days", "N", "new: how long it is valid. Default: 3650.", NULL },
};

static const struct cli_example key_examples[] = {
	{ "A key of one's own for development:", "oriel key new" },
	{ "Who is trusted here, and until when:", "oriel key list" },
	{ "Trust what a colleague signs:", "oriel key trust colleague.pem" },
};

static int failed(struct cli *cli, int status, const struct error *err)
{
	cli_error(cli, NULL, "key: %s", err->text);
	return status == ERR_NOMEM || status == ERR_NOTSUP ? CLI_FAILED
	       : status == ERR_INVAL			   ? CLI_USAGE
							   : CLI_INPUT;
}

/* PATH/NAME + suffix; NULL after an error message. mem_alloc'd. */
static char *path_in(struct cli *cli, enum sign_dir dir, const char *name, const char *suffix)
{
	struct strbuf path = STRBUF_INIT;
	struct error err = { 0 };
	char *base;

	if (sign_dir_path(dir, &base, &err) != 0) {
		(void)failed(cli, err.status, &err);
		return NULL;
	}
	strbuf_printf(&path, "%s%s%s%s", base, name[0] != '\0' ? "/" : "", name, suffix);
	mem_free(base);
	if (strbuf_status(&path) == 0)
		return path.data;
	cli_error(cli, NULL, "key: out of memory");
	strbuf_fini(&path);
	return NULL;
}

static int make_dir(struct cli *cli, enum sign_dir dir)
{
	char *path = path_in(cli, dir, "", "");
	struct error err = { 0 };
	int status;

	if (path == NULL)
		return CLI_INPUT;
	status = os_dir_make(path, &err);
	mem_free(path);
	return status == 0 ? 0 : failed(cli, status, &err);
}

/* Writes a new file, for its owner only; *ret_path is set when it is there, and to be freed. */
static int write_new(struct cli *cli, enum sign_dir dir, const char *name, const char *suffix,
		     const void *text, size_t len, char **ret_path)
{
	char *path = path_in(cli, dir, name, suffix);
	struct error err = { 0 };
	int status;

	if (path == NULL)
		return CLI_INPUT;
	status = os_file_write_private(path, text, len, &err);
	if (status == 0) {
		*ret_path = path;
		return 0;
	}
	mem_free(path);
	cli_error(cli, status == ERR_EXIST ? "choose another name, or remove the file" : NULL,
		  "key: %s", err.text);
	return CLI_INPUT;
}

static int check_name(struct cli *cli, const char *name)
{
	if (sign_is_key_name(name))
		return 0;
	cli_error(cli, "letters, digits, '.', '-' and '_'; at most 50", "key: '%s' is no name",
		  name);
	return CLI_USAGE;
}

/* --- new ------------------------------------------------------------------------------------- */

struct new_files {
	char *key, *certs, *root; /* paths of what is written */
};

static int write_files(struct cli *cli, const char *name, const struct sign_new_key *made,
		       struct new_files *files)
{
	int status = make_dir(cli, SIGN_USER_KEYS);

	if (status == 0)
		status = make_dir(cli, SIGN_USER_ROOTS);
	if (status == 0)
		status = write_new(cli, SIGN_USER_KEYS, name, ".key", made->key, strlen(made->key),
				   &files->key);
	if (status == 0)
		status = write_new(cli, SIGN_USER_KEYS, name, ".pem", made->certs,
				   strlen(made->certs), &files->certs);
	if (status == 0)
		status = write_new(cli, SIGN_USER_ROOTS, name, ".pem", made->root,
				   strlen(made->root), &files->root);
	if (status == 0)
		return 0;
	/* All three, or none. */
	if (files->certs != NULL)
		os_file_remove(files->certs);
	if (files->key != NULL)
		os_file_remove(files->key);
	return status;
}

static void report_new(struct cli *cli, const char *name, const struct new_files *files)
{
	struct json json;

	if (!cli_json(cli)) {
		cli_printf(cli,
			   "private key:         %s\ncertificates:        %s\n"
			   "root, trusted here:  %s\n",
			   files->key, files->certs, files->root);
		return;
	}
	json_init(&json, &cli->out, true);
	json_object_begin(&json, NULL);
	json_str(&json, "name", name);
	json_str(&json, "key", files->key);
	json_str(&json, "certs", files->certs);
	json_str(&json, "root", files->root);
	json_object_end(&json);
	cli_printf(cli, "\n");
}

/* Before the time that a key takes; write_new() is what decides. */
static int check_absent(struct cli *cli, const char *name)
{
	char *path = path_in(cli, SIGN_USER_KEYS, name, ".key");
	u8 *bytes;
	size_t len;
	int status;

	if (path == NULL)
		return CLI_INPUT;
	status = os_file_read(path, FILE_LIMIT, &bytes, &len, NULL);
	if (status == 0) {
		mem_free(bytes);
		cli_error(cli, "choose another name, or remove the file", "key: %s is there", path);
	}
	mem_free(path);
	return status == 0 ? CLI_INPUT : 0;
}

static int run_new(struct cli *cli)
{
	const char *name = cli->operand2 != NULL ? cli->operand2 : SIGN_DEFAULT_KEY;
	struct new_files files = { 0 };
	struct sign_new_key made = { 0 };
	struct error err = { 0 };
	u64 days;
	int status = check_name(cli, name);

	if (status == 0)
		status = cli_number(cli, OPT_DAYS, 36500, DEFAULT_DAYS, &days);
	if (status == 0)
		status = check_absent(cli, name);
	if (status != 0)
		return status;
	status = sign_key_new(name, os_clock_utc(), (u32)days, &made, &err);
	if (status != 0)
		return failed(cli, status, &err);
	status = write_files(cli, name, &made, &files);
	if (status == 0)
		report_new(cli, name, &files);
	sign_new_key_fini(&made);
	mem_free(files.key);
	mem_free(files.certs);
	mem_free(files.root);
	return status;
}

/* --- list and show --------------------------------------------------------------------------- */

static void print_cert(struct cli *cli, const struct sign_cert *cert)
{
	char from[CALENDAR_TEXT], to[CALENDAR_TEXT];

	calendar_text(cert->not_before, from);
	calendar_text(cert->not_after, to);
	cli_printf(cli,
		   "  subject  %s\n    issuer   %s%s\n    serial   %s\n    valid    %s to %s\n"
		   "    sha256   ",
		   cert->subject, cert->issuer, cert->is_root ? " (a root)" : "", cert->serial,
		   from, to);
	for (size_t i = 0; i < sizeof(cert->sha256); i++)
		cli_printf(cli, "%02x", cert->sha256[i]);
	cli_printf(cli, "\n");
}

struct listing {
	struct cli *cli;
	struct json *json;   /* NULL: as text */
	struct strbuf cells; /* of the table */
	const char *kind;
	bool with_certs;
};

static int show_file(struct listing *l, const char *path, const char *name)
{
	const struct sign_cert *certs;
	struct error err = { 0 };
	struct arena arena;
	char until[CALENDAR_TEXT];
	u32 count = 0;
	u8 *bytes;
	size_t len;
	int status = os_file_read(path, FILE_LIMIT, &bytes, &len, &err);

	if (status != 0)
		return failed(l->cli, status, &err);
	arena_init(&arena, 0);
	status = sign_describe_certs(path, bytes, len, &arena, &certs, &count, &err);
	if (status != 0) {
		status = failed(l->cli, status, &err);
	} else if (l->json != NULL) {
		json_object_begin(l->json, NULL);
		json_str(l->json, "kind", l->kind);
		json_str(l->json, "name", name);
		json_str(l->json, "file", path);
		json_array_begin(l->json, "certs");
		for (u32 i = 0; i < count; i++)
			image_json_cert(&certs[i], l->json);
		json_array_end(l->json);
		json_object_end(l->json);
	} else if (l->with_certs) {
		cli_printf(l->cli, "%s\n", path);
		for (u32 i = 0; i < count; i++)
			print_cert(l->cli, &certs[i]);
	} else {
		calendar_text(certs[0].not_after, until);
		strbuf_printf(&l->cells, "%s\t%s\t%.10s\t%s\n", l->kind, name, until,
			      certs[0].subject);
	}
	arena_fini(&arena);
	mem_free(bytes);
	return status;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those of a folder that count, by name. */
static int show_names(struct listing *l, const char *path, const char *names, size_t len,
		      bool roots)
{
	VEC(const char *) list = { 0 };
	int status = 0;

	for (size_t at = 0; status == 0 && at < len; at += strlen(names + at) + 1) {
		const char *name = names + at;
		size_t name_len = strlen(name);

		if (roots ? sign_is_root_file(name)
			  : name_len > 4 && str_eq(name + name_len - 4, ".pem"))
			status = vec_push(&list, name);
	}
	if (status == 0)
		status = sort_stable(list.items, list.count, sizeof(*list.items), compare_names);
	if (status != 0)
		cli_error(l->cli, NULL, "key: out of memory");
	for (size_t i = 0; status == 0 && i < list.count; i++) {
		struct strbuf file = STRBUF_INIT, name = STRBUF_INIT;

		strbuf_printf(&file, "%s/%s", path, list.items[i]);
		strbuf_add_len(&name, list.items[i], strlen(list.items[i]) - 4);
		status = show_file(l, strbuf_str(&file), strbuf_str(&name));
		strbuf_fini(&file);
		strbuf_fini(&name);
	}
	vec_free(&list);
	return status == ERR_NOMEM ? CLI_FAILED : status;
}

static int show_dir(struct listing *l, enum sign_dir dir, const char *kind)
{
	char *path = path_in(l->cli, dir, "", ""), *names = NULL;
	struct error err = { 0 };
	size_t len = 0;
	int status;

	if (path == NULL)
		return CLI_INPUT;
	l->kind = kind;
	status = os_dir_list(path, &names, &len, &err);
	if (status == 0)
		status = show_names(l, path, names, len, dir != SIGN_USER_KEYS);
	else
		status = status == ERR_NOENT ? 0 : failed(l->cli, status, &err);
	mem_free(names);
	mem_free(path);
	return status;
}

static int run_list(struct cli *cli)
{
	struct listing l = { .cli = cli };
	struct json json;
	int status;

	strbuf_add(&l.cells, "kind\tname\tuntil\tsubject\n");
	if (cli_json(cli)) {
		json_init(&json, &cli->out, true);
		json_object_begin(&json, NULL);
		json_array_begin(&json, "keys");
		l.json = &json;
	}
	status = show_dir(&l, SIGN_USER_KEYS, "key");
	if (status == 0)
		status = show_dir(&l, SIGN_USER_ROOTS, "root");
	if (status == 0)
		status = show_dir(&l, SIGN_SYSTEM_ROOTS, "system root");
	if (l.json != NULL) {
		json_array_end(&json);
		json_object_end(&json);
		cli_printf(cli, "\n");
	} else if (status == 0) {
		cli_table(cli, "", &l.cells);
	}
	strbuf_fini(&l.cells);
	return status;
}

/* Whether an argument is a file's and not a key's name. */
static bool is_path(const char *arg)
{
	return strchr(arg, '/') != NULL || strchr(arg, '\\') != NULL || sign_is_root_file(arg);
}

/* The file of a name's certificates; mem_alloc'd, NULL after an error message. */
static char *certs_path(struct cli *cli, const char *arg)
{
	struct strbuf path = STRBUF_INIT;

	if (!is_path(arg))
		return check_name(cli, arg) == 0 ? path_in(cli, SIGN_USER_KEYS, arg, ".pem") : NULL;
	strbuf_add(&path, arg);
	if (strbuf_status(&path) == 0)
		return path.data;
	cli_error(cli, NULL, "key: out of memory");
	strbuf_fini(&path);
	return NULL;
}

static int run_show(struct cli *cli)
{
	const char *arg = cli->operand2 != NULL ? cli->operand2 : SIGN_DEFAULT_KEY;
	struct listing l = { .cli = cli, .kind = "certificates", .with_certs = true };
	char *path = certs_path(cli, arg);
	struct json json;
	int status;

	if (path == NULL)
		return CLI_USAGE;
	if (cli_json(cli)) {
		json_init(&json, &cli->out, true);
		l.json = &json;
	}
	status = show_file(&l, path, arg);
	if (l.json != NULL)
		cli_printf(cli, "\n");
	mem_free(path);
	return status;
}

/* --- trust and untrust ----------------------------------------------------------------------- */

/* Where the last certificate of a PEM file begins: the root of ours. */
static size_t last_cert(const u8 *bytes, size_t len)
{
	static const char mark[] = "-----BEGIN CERTIFICATE-----";
	size_t last = 0;

	for (size_t i = 0; i + sizeof(mark) - 1 <= len; i++)
		if (memcmp(bytes + i, mark, sizeof(mark) - 1) == 0)
			last = i;
	return last;
}

/* The name of a file without folders and suffix; the text is the caller's. */
static void stem_of(const char *path, struct strbuf *out)
{
	const char *base = path;

	for (const char *p = path; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			base = p + 1;
	strbuf_add_len(out, base, strlen(base) - (sign_is_root_file(base) ? 4 : 0));
}

static int write_root(struct cli *cli, const char *arg, const u8 *bytes, size_t len)
{
	bool pem = len > 0 && bytes[0] != 0x30;
	struct strbuf stem = STRBUF_INIT;
	char *written = NULL;
	int status;

	stem_of(arg, &stem);
	status = check_name(cli, strbuf_str(&stem));
	if (status == 0)
		status = make_dir(cli, SIGN_USER_ROOTS);
	if (status == 0)
		status = write_new(cli, SIGN_USER_ROOTS, strbuf_str(&stem), pem ? ".pem" : ".der",
				   bytes, len, &written);
	if (status == 0 && !cli_json(cli))
		cli_printf(cli, "trusted: %s\n", written);
	mem_free(written);
	strbuf_fini(&stem);
	return status;
}

static int run_trust(struct cli *cli)
{
	const struct sign_cert *certs;
	char *path = certs_path(cli, cli->operand2);
	struct error err = { 0 };
	struct arena arena;
	size_t len, from;
	u8 *bytes;
	u32 count;
	int status;

	if (path == NULL)
		return CLI_USAGE;
	status = os_file_read(path, FILE_LIMIT, &bytes, &len, &err);
	if (status != 0) {
		mem_free(path);
		return failed(cli, status, &err);
	}
	arena_init(&arena, 0);
	status = sign_describe_certs(path, bytes, len, &arena, &certs, &count, &err);
	from = is_path(cli->operand2) ? 0 : last_cert(bytes, len);
	status = status != 0 ? failed(cli, status, &err)
			     : write_root(cli, cli->operand2, bytes + from, len - from);
	arena_fini(&arena);
	mem_free(bytes);
	mem_free(path);
	return status;
}

static int run_untrust(struct cli *cli)
{
	static const char *const suffixes[] = { ".pem", ".der", ".crt", ".cer" };
	bool removed = false;
	int status = check_name(cli, cli->operand2);

	for (size_t i = 0; status == 0 && i < ARRAY_COUNT(suffixes); i++) {
		char *path = path_in(cli, SIGN_USER_ROOTS, cli->operand2, suffixes[i]);
		struct error err = { 0 };
		u8 *bytes = NULL;
		size_t len;

		if (path == NULL)
			return CLI_INPUT;
		if (os_file_read(path, FILE_LIMIT, &bytes, &len, &err) == 0) {
			mem_free(bytes);
			bytes = NULL;
			os_file_remove(path);
			removed = os_file_read(path, FILE_LIMIT, &bytes, &len, &err) == ERR_NOENT;
			if (!removed) {
				cli_error(cli, NULL, "key: %s cannot be removed", path);
				status = CLI_INPUT;
			}
		}
		mem_free(bytes);
		mem_free(path);
	}
	if (status == 0 && !removed) {
		cli_error(cli, "'oriel key list' lists the roots",
			  "key: no root of this user's is called '%s'", cli->operand2);
		return CLI_INPUT;
	}
	return status;
}

static int run_key(struct cli *cli)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *cli);
		bool needs_name, takes_name;
	} actions[] = {
		{ "new", run_new, false, true },	{ "list", run_list, false, false },
		{ "show", run_show, false, true },	{ "trust", run_trust, true, true },
		{ "untrust", run_untrust, true, true },
	};

	for (size_t i = 0; i < ARRAY_COUNT(actions); i++) {
		if (!str_eq(cli->operand, actions[i].name))
			continue;
		if (actions[i].needs_name && cli->operand2 == NULL) {
			cli_error(cli, "'oriel key --help' shows examples",
				  "key %s: NAME is missing", cli->operand);
			return CLI_USAGE;
		}
		if (!actions[i].takes_name && cli->operand2 != NULL) {
			cli_error(cli, NULL, "key %s takes no name", cli->operand);
			return CLI_USAGE;
		}
		return actions[i].run(cli);
	}
	cli_error(cli, "one of: new list show trust untrust", "key: '%s' is no action",
		  cli->operand);
	return CLI_USAGE;
}

const struct command cmd_key = {
	.name = "key",
	.operands = "ACTION [NAME]",
	.words = "new list show trust untrust",
	.summary = "Make keys to sign with; say whom to trust.",
	.about = "ACTION new makes a key of this user's, 'development' unless NAME is given, and "
		 "trusts\n"
		 "it here; list shows keys and roots; show the certificates of a key or a file; "
		 "trust\n"
		 "takes in a key's root or a FILE of certificates, untrust removes one. What a "
		 "user\n"
		 "trusts counts outside enforced mode only.",
	.options = key_options,
	.option_count = ARRAY_COUNT(key_options),
	.examples = key_examples,
	.example_count = ARRAY_COUNT(key_examples),
	.two_operands = true,
	.run = run_key,
};
_Static_assert(ARRAY_COUNT(key_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
