/* SPDX-License-Identifier: MIT */
/* replay PATH...: runs a fuzz target on files, and on the files of folders, without libFuzzer. Each
 * file is also cut short at up to 256 places. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_FILE ((size_t)16 << 20)
#define MAX_CUTS ((size_t)256)

/* In memory of exactly len bytes, so that the address sanitizer sees an access behind it. */
static bool run_bytes(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		return false;
	memcpy(copy, data, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	return true;
}

static bool run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(MAX_FILE);
	bool ok = file != NULL && data != NULL;
	size_t len, step;

	if (ok) {
		len = fread(data, 1, MAX_FILE, file);
		step = len / MAX_CUTS + 1;
		for (size_t cut = 0; ok && cut < len; cut += step)
			ok = run_bytes(data, cut);
		ok = ok && run_bytes(data, len);
	}
	if (!ok)
		fprintf(stderr, "replay: cannot read %s\n", path);
	if (file != NULL)
		fclose(file);
	free(data);
	return ok;
}

static bool run_folder(DIR *folder, const char *path, size_t *count)
{
	struct dirent *entry;
	bool ok = true;

	while ((entry = readdir(folder)) != NULL) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ok = run_file(name) && ok;
		*count += 1;
	}
	return ok;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	bool ok = true;

	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);

		if (folder != NULL) {
			ok = run_folder(folder, argv[i], &count) && ok;
			closedir(folder);
		} else {
			ok = run_file(argv[i]) && ok;
			count++;
		}
	}
	printf("%zu files\n", count);
	/* An empty corpus is a mistake in the set-up, not a success. */
	return ok && count > 0 ? 0 : 1;
}
