/* SPDX-License-Identifier: MIT */
/* `oriel image ACTION FILE`: what is in an image, whom it is from; and signing one. */
#include "show.h"

#include "base/mem.h"
#include "base/str.h"
#include "calendar.h"
#include "os/os.h"
#include "sign/user.h"

#define FILE_LIMIT (4u << 20)
#define MAX_EKUS   8

enum {
	OPT_ROOT,
	OPT_CERT,
	OPT_CRL,
	OPT_EKU,
	OPT_AT,
	OPT_REQUIRE_CRL,
	OPT_NO_PAGE_HASHES,
	OPT_ENFORCED,
	OPT_KEY,
	OPT_OUTPUT,
	OPT_NAME,
	OPT_REPLACE,
};

static const struct cli_option image_options[] = {
	[OPT_ROOT] = { "root", "FILE",
		       "verify: believe these roots and no others (may be repeated).", NULL },
	[OPT_CERT] = { "cert", "FILE",
		       "verify: certificates that may stand between (may be repeated). sign: the "
		       "key's, and those above it.",
		       NULL },
	[OPT_CRL] = { "crl", "FILE", "verify: a list of revoked ones (may be repeated).", NULL },
	[OPT_EKU] = { "eku", "OID",
		      "verify: the signer is to be for this, too: a number with dots, or "
		      "'verified' (may be repeated).",
		      NULL },
	[OPT_AT] = { "at", "TIME",
		     "verify: judge as of then: 2027-01-15, 2027-01-15T08:00:00Z, or @ and "
		     "seconds. Default: now.",
		     NULL },
	[OPT_REQUIRE_CRL] = { "require-crl", NULL,
			      "verify: refuse whom no list could have revoked.", NULL },
	[OPT_NO_PAGE_HASHES] = { "no-page-hashes", NULL, "verify: do without page hashes.", NULL },
	[OPT_ENFORCED] = { "enforced", NULL,
			   "verify: believe the system's roots only, as in enforced mode.", NULL },
	[OPT_KEY] = { "key", "KEY",
		      "sign: a file, with --cert; else the name of a key of this user's. Default: "
		      "development.",
		      NULL },
	[OPT_OUTPUT] = { "output", "FILE", "sign: the signed image. Default: FILE itself.", NULL },
	[OPT_NAME] = { "name", "TEXT", "sign: what it is, as Windows shows it.", NULL },
	[OPT_REPLACE] = { "replace", NULL, "sign: replace a signature that is there.", NULL },
};

static const struct cli_example image_examples[] = {
	{ "What is in an image:", "oriel image inspect hello_world.sys" },
	{ "Whether it would be believed here:", "oriel image verify hello_world.sys" },
	{ "As of a time, with a root and a list of one's own:",
	  "oriel image verify hello_world.sys --root root.pem --crl revoked.pem --at 2027-01-15" },
};

static int input_error(struct cli *cli, int status, const char *text)
{
	cli_error(cli, NULL, "image: %s", text);
	return status == ERR_NOMEM || status == ERR_NOTSUP ? CLI_FAILED : CLI_INPUT;
}

static const char image_hint[] = "a Windows image is expected, such as 'oriel native' makes";

/* Also of what is no image: an exit code after an error message. */
static int open_view(struct cli *cli, struct image_view *view)
{
	struct error err = { 0 };
	int status = cli_read_file(cli, cli->operand2, &view->file);

	if (status != 0)
		return status;
	if (pe_open(view->file.bytes, view->file.len, &view->arena, &view->pe, &err) == 0)
		return 0;
	cli_error(cli, image_hint, "%s: %s", view->file.path, err.text);
	return err.status == ERR_NOMEM ? CLI_FAILED : CLI_INPUT;
}

static void close_view(struct image_view *view)
{
	sign_result_fini(&view->sig);
	arena_fini(&view->arena);
	cli_file_fini(&view->file);
}

static int run_inspect(struct cli *cli)
{
	struct image_view view = { .cli = cli };
	int status = open_view(cli, &view);

	if (status == 0) {
		view.sig_status =
			sign_inspect(view.file.bytes, view.file.len, &view.sig, &view.sig_err);
		if (cli_json(cli))
			image_json(&view);
		else
			image_print(&view);
	}
	close_view(&view);
	return status;
}

/* --- verify ---------------------------------------------------------------------------------- */

static int add_files(struct cli *cli, struct sign_store *store, u32 option, enum sign_kind kind)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < cli->given.count; i++) {
		const char *path = cli->given.items[i].value;
		struct error err = { 0 };
		u8 *bytes;
		size_t len;

		if (cli->given.items[i].option != option)
			continue;
		status = os_file_read(path, FILE_LIMIT, &bytes, &len, &err);
		if (status == 0) {
			status = sign_store_add(store, kind, path, bytes, len, &err);
			mem_free(bytes);
		}
		if (status != 0)
			return input_error(cli, status, err.text);
	}
	return 0;
}

static int fill_store(struct cli *cli, struct sign_store *store)
{
	struct error err = { 0 };
	int status = 0;

	if (!cli_given(cli, OPT_ROOT))
		status = sign_store_add_roots(store, !cli_given(cli, OPT_ENFORCED), &err);
	if (status != 0)
		return input_error(cli, status, err.text);
	status = add_files(cli, store, OPT_ROOT, SIGN_ROOT);
	if (status == 0)
		status = add_files(cli, store, OPT_CERT, SIGN_CERT);
	return status == 0 ? add_files(cli, store, OPT_CRL, SIGN_CRL) : status;
}

static bool is_dotted(const char *text)
{
	bool digit = false;

	for (; *text != '\0'; text++) {
		if (*text == '.' ? !digit : *text < '0' || *text > '9')
			return false;
		digit = *text != '.';
	}
	return digit;
}

static int read_policy(struct cli *cli, struct sign_policy *policy, const char **ekus)
{
	policy->time = os_clock_utc();
	if (cli_given(cli, OPT_AT) && !calendar_parse(cli->values[OPT_AT], &policy->time)) {
		cli_error(cli, "such as 2027-01-15, 2027-01-15T08:00:00Z or @1800000000",
			  "--at: '%s' is no time", cli->values[OPT_AT]);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < cli->given.count; i++) {
		const char *value = cli->given.items[i].value;

		if (cli->given.items[i].option != OPT_EKU)
			continue;
		if (str_eq(value, "verified"))
			value = SIGN_EKU_VERIFIED;
		if (!is_dotted(value) || policy->eku_count == MAX_EKUS) {
			cli_error(cli, "such as 1.3.6.1.5.5.7.3.3, or verified; at most 8",
				  "--eku: '%s' is no usage of a key", value);
			return CLI_USAGE;
		}
		ekus[policy->eku_count++] = value;
	}
	policy->ekus = ekus;
	policy->require_page_hashes = !cli_given(cli, OPT_NO_PAGE_HASHES);
	policy->require_crl = cli_given(cli, OPT_REQUIRE_CRL);
	return 0;
}

static void json_verdict(struct image_view *view)
{
	struct json json;

	json_init(&json, &view->cli->out, true);
	json_object_begin(&json, NULL);
	json_str(&json, "file", view->file.path);
	json_bool(&json, "ok", view->sig_status == 0);
	image_json_signature(view, &json);
	json_object_end(&json);
	cli_printf(view->cli, "\n");
}

static const char *verdict_hint(struct cli *cli, enum sign_reason reason)
{
	if (reason == SIGN_UNTRUSTED && !cli_given(cli, OPT_ROOT))
		return "'oriel key list' says who is trusted here, 'oriel key trust' adds a root";
	if (reason == SIGN_UNSIGNED)
		return "'oriel image sign' signs it";
	if (reason == SIGN_BAD_IMAGE)
		return image_hint;
	return NULL;
}

static int report_verdict(struct image_view *view)
{
	struct cli *cli = view->cli;

	if (cli_json(cli))
		json_verdict(view);
	if (view->sig_status != 0) {
		cli_error(cli, verdict_hint(cli, view->sig.reason), "%s: %s", view->file.path,
			  view->sig_err.text);
		return view->pe.bytes == NULL && view->sig.reason == SIGN_BAD_IMAGE ? CLI_INPUT
										    : CLI_FAILED;
	}
	if (!cli_json(cli)) {
		cli_printf(cli, "%s: as it was signed, %u pages\n", view->file.path,
			   view->sig.page_count);
		image_print_signature(view);
	}
	return CLI_OK;
}

static int run_verify(struct cli *cli)
{
	const char *ekus[MAX_EKUS];
	struct sign_policy policy = { .size = sizeof(policy) };
	struct image_view view = { .cli = cli };
	struct sign_store *store = NULL;
	int status = read_policy(cli, &policy, ekus);

	if (status == 0)
		status = cli_read_file(cli, cli->operand2, &view.file);
	if (status != 0)
		goto out;
	store = sign_store_new();
	if (store == NULL) {
		status = input_error(cli, ERR_NOMEM, "out of memory");
		goto out;
	}
	status = fill_store(cli, store);
	if (status != 0)
		goto out;
	policy.store = store;
	view.sig_status =
		sign_verify(view.file.bytes, view.file.len, &policy, &view.sig, &view.sig_err);
	/* A signer may sign what no loader would take. */
	if (view.sig_status == 0) {
		view.sig_status = pe_open(view.file.bytes, view.file.len, &view.arena, &view.pe,
					  &view.sig_err);
		if (view.sig_status == 0)
			view.sig_status = pe_check_loadable(&view.pe, &view.sig_err);
		if (view.sig_status != 0)
			view.sig.reason = SIGN_BAD_IMAGE;
	}
	status = report_verdict(&view);
out:
	sign_store_free(store);
	close_view(&view);
	return status;
}

/* --- sign ------------------------------------------------------------------------------------ */

static int open_key(struct cli *cli, struct sign_key **ret_key)
{
	const char *key_path = cli->values[OPT_KEY], *cert_path = cli->values[OPT_CERT];
	struct error err = { 0 };
	u8 *key = NULL, *cert = NULL;
	size_t key_len = 0, cert_len = 0;
	int status;

	if (cert_path == NULL) {
		status = sign_user_key(key_path, ret_key, &err);
		return status == 0 ? 0 : input_error(cli, status, err.text);
	}
	if (key_path == NULL) {
		cli_error(cli, NULL, "--cert needs --key, the file of its private key");
		return CLI_USAGE;
	}
	status = os_file_read(key_path, FILE_LIMIT, &key, &key_len, &err);
	if (status == 0)
		status = os_file_read(cert_path, FILE_LIMIT, &cert, &cert_len, &err);
	if (status == 0)
		status = sign_key_read(key_path, key, key_len, cert, cert_len, ret_key, &err);
	mem_free(key);
	mem_free(cert);
	return status == 0 ? 0 : input_error(cli, status, err.text);
}

/* What is there until now stays until the whole of the new one is on the disk. */
static int replace_file(const char *path, const u8 *bytes, size_t len, struct error *err)
{
	struct strbuf fresh = STRBUF_INIT;
	int status;

	strbuf_printf(&fresh, "%s.new", path);
	if (strbuf_status(&fresh) != 0)
		status = error_set(err, ERR_NOMEM, "%s: out of memory", path);
	else
		status = os_file_write(strbuf_str(&fresh), bytes, len, err);
	if (status == 0) {
		status = os_file_rename(strbuf_str(&fresh), path, err);
		if (status != 0)
			os_file_remove(strbuf_str(&fresh));
	}
	strbuf_fini(&fresh);
	return status;
}

static int write_signed(struct image_view *view, const struct sign_key *key)
{
	struct cli *cli = view->cli;
	const char *path = cli_given(cli, OPT_OUTPUT) ? cli->values[OPT_OUTPUT] : cli->operand2;
	const struct sign_options options = {
		.size = sizeof(options),
		.name = cli->values[OPT_NAME],
		.replace = cli_given(cli, OPT_REPLACE),
	};
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;
	int status =
		sign_image(view->file.bytes, view->file.len, key, &options, &bytes, &len, &err);

	if (status == 0)
		status = replace_file(path, bytes, len, &err);
	mem_free(bytes);
	if (status == 0)
		return CLI_OK;
	cli_error(cli, status == ERR_EXIST ? "--replace replaces the signature" : NULL, "%s: %s",
		  view->file.path, err.text);
	return status == ERR_INVAL ? CLI_USAGE : CLI_FAILED;
}

static int run_sign(struct cli *cli)
{
	struct image_view view = { .cli = cli };
	struct sign_key *key = NULL;
	int status = open_view(cli, &view);

	if (status == 0)
		status = open_key(cli, &key);
	if (status == 0)
		status = write_signed(&view, key);
	sign_key_free(key);
	close_view(&view);
	return status;
}

static int run_image(struct cli *cli)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *cli);
	} actions[] = { { "inspect", run_inspect },
			{ "verify", run_verify },
			{ "sign", run_sign } };

	for (size_t i = 0; i < ARRAY_COUNT(actions); i++) {
		if (!str_eq(cli->operand, actions[i].name))
			continue;
		if (cli->operand2 != NULL)
			return actions[i].run(cli);
		cli_error(cli, "'oriel image --help' shows examples", "image %s: FILE is missing",
			  cli->operand);
		return CLI_USAGE;
	}
	cli_error(cli, "one of: inspect verify sign", "image: '%s' is no action", cli->operand);
	return CLI_USAGE;
}

const struct command cmd_image = {
	.name = "image",
	.operands = "ACTION FILE",
	.words = "inspect verify sign",
	.summary = "Look into, judge or sign a Windows image.",
	.about = "ACTION inspect shows what is in an image: sections, imports, exports, programs, "
		 "maps,\n"
		 "the signature and its page hashes. verify says whether it is as it was signed, "
		 "and by\n"
		 "whom, by the roots that are trusted here. sign signs it.",
	.options = image_options,
	.option_count = ARRAY_COUNT(image_options),
	.repeatable = 1u << OPT_ROOT | 1u << OPT_CERT | 1u << OPT_CRL | 1u << OPT_EKU,
	.examples = image_examples,
	.example_count = ARRAY_COUNT(image_examples),
	.two_operands = true,
	.run = run_image,
};
_Static_assert(ARRAY_COUNT(image_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
