/* SPDX-License-Identifier: MIT */
/* Whether a native module may run here: who signed it, and which pages that vouches for. */
#include "run.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "image/image.h"
#include "os/os.h"
#include "sign/user.h"

#define CERT_LIMIT (1u << 20)

static int no_memory(struct run *run)
{
	cli_error(run->cli, NULL, "%s: out of memory", run->file.path);
	return CLI_FAILED;
}

static int alloc_pages(struct run *run, u32 count)
{
	run->pages = mem_zalloc_array(count, sizeof(*run->pages));
	run->page_count = count;
	return run->pages == NULL ? no_memory(run) : 0;
}

/* The user vouches for whatever is in the file. */
static int take_as_is(struct run *run)
{
	struct error err = { 0 };
	struct arena arena;
	struct pe pe;
	int status;

	arena_init(&arena, 0);
	status = pe_open(run->file.bytes, run->file.len, &arena, &pe, &err);
	if (status != 0) {
		cli_error(run->cli, NULL, "%s: %s", run->file.path, err.text);
		status = cli_exit_code(status);
	} else {
		status = alloc_pages(run, pe_page_count(&pe));
	}
	for (u32 i = 0; status == 0 && i < run->page_count; i++) {
		const struct pe_page page = pe_page(&pe, i);

		run->pages[i].offset = page.file.offset;
		pe_page_digest(&pe, &page, run->pages[i].digest);
	}
	arena_fini(&arena);
	return status;
}

/* The roots that are given, or else those that are configured. */
static int fill_store(struct run *run, struct sign_store *store)
{
	const char *root = run->cli->values[RUN_ROOT];
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len;
	int status;

	if (root == NULL) {
		status = sign_store_add_roots(store, true, &err);
	} else {
		status = os_file_read(root, CERT_LIMIT, &bytes, &len, &err);
		if (status == 0)
			status = sign_store_add(store, SIGN_ROOT, root, bytes, len, &err);
		mem_free(bytes);
	}
	if (status == 0)
		return 0;
	cli_error(run->cli, NULL, "%s", err.text);
	return cli_exit_code(status);
}

static int judge(struct run *run, const struct sign_store *store)
{
	const struct sign_policy policy = {
		.size = sizeof(policy),
		.store = store,
		.time = os_clock_utc(),
		.require_page_hashes = true,
	};
	struct sign_result result;
	struct error err = { 0 };
	int status = sign_verify(run->file.bytes, run->file.len, &policy, &result, &err);

	if (status != 0) {
		cli_error(run->cli,
			  result.reason == SIGN_UNSIGNED
				  ? "'oriel native' signs with --key and --cert; --unsigned runs "
				    "what you made yourself"
			  : result.reason == SIGN_UNTRUSTED
				  ? "--root FILE, or a root in the folders of roots, makes its "
				    "signer trusted"
				  : NULL,
			  "%s: %s", run->file.path, err.text);
		status = status == ERR_NOEXEC ? CLI_INPUT : CLI_FAILED;
	} else {
		status = alloc_pages(run, result.page_count);
	}
	if (status == 0)
		memcpy(run->pages, result.pages, run->page_count * sizeof(*run->pages));
	sign_result_fini(&result);
	return status;
}

int run_trust_image(struct run *run)
{
	struct sign_store *store;
	int status;

	/* Builds without an interpreter are to run signed code only. */
	if (cli_given(run->cli, RUN_UNSIGNED) && engine_default() == NULL) {
		cli_error(run->cli, NULL, "--unsigned: this build runs signed modules only");
		return CLI_USAGE;
	}
	if (cli_given(run->cli, RUN_UNSIGNED))
		return take_as_is(run);
	store = sign_store_new();
	if (store == NULL)
		return no_memory(run);
	status = fill_store(run, store);
	if (status == 0)
		status = judge(run, store);
	sign_store_free(store);
	return status;
}
