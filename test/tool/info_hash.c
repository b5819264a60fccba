/* SPDX-License-Identifier: MIT */
/* info-hash: reads lines `TYPE [HELPER...] [MODULE:NAME:RET:A1:A2:A3:A4:A5:FLAGS...]`, where MODULE
 * is a GUID's 32 hexadecimal digits as it is written, and prints the line, a '=' and the
 * program-information hash (or "error: ..."). */
#include <stdio.h>

#include "base/str.h"
#include "spec/info_hash.h"

#define MOST 64

static bool read_guid(const char *text, struct guid *ret)
{
	unsigned byte;

	if (sscanf(text, "%8x%4hx%4hx", &ret->data1, &ret->data2, &ret->data3) != 3)
		return false;
	for (size_t i = 0; i < 8; i++) {
		if (sscanf(text + 16 + 2 * i, "%2x", &byte) != 1)
			return false;
		ret->data4[i] = (u8)byte;
	}
	return true;
}

static bool read_func(const char *text, struct info_hash_func *ret, char name[64])
{
	unsigned n[6];
	char module[33];

	if (sscanf(text, "%32[0-9a-f]:%63[^:]:%u:%u:%u:%u:%u:%u:%u", module, name, &n[0], &n[1],
		   &n[2], &n[3], &n[4], &n[5], &ret->flags) != 9 ||
	    strlen(module) != 32 || !read_guid(module, &ret->module))
		return false;
	ret->name = name;
	ret->ret = (enum spec_ret)n[0];
	for (size_t i = 0; i < 5; i++)
		ret->args[i] = (enum spec_arg)n[i + 1];
	return true;
}

static bool hash_line(char *line)
{
	static char names[MOST][64];
	u32 helpers[MOST];
	struct info_hash_func funcs[MOST];
	struct info_hash_input input = { .helpers = helpers, .funcs = funcs };
	struct error err = { 0 };
	u8 digest[SHA256_SIZE];
	u64 id;

	for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
		if (input.type == NULL)
			input.type = spec_prog_type_by_name(DIALECT_WINDOWS, word);
		else if (input.helper_count < MOST && str_to_u64(word, &id) && id <= UINT32_MAX)
			helpers[input.helper_count++] = (u32)id;
		else if (input.func_count < MOST &&
			 read_func(word, &funcs[input.func_count], names[input.func_count]))
			input.func_count++;
		else
			return false;
		if (input.type == NULL)
			return false;
	}
	if (input.type == NULL)
		return false;
	if (info_hash_sha256(&input, &err, digest) != 0) {
		printf("error: %s\n", err.text);
		return true;
	}
	for (size_t i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf("\n");
	return true;
}

int main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		printf("%s=", line);
		if (!hash_line(line)) {
			fprintf(stderr, "info-hash: cannot read a line\n");
			return 1;
		}
	}
	return 0;
}
