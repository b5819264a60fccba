/* SPDX-License-Identifier: MIT */
/* The public headers as C11 and as C++17, by a project that has functions of its own with the names
 * that the library uses inside. */
#include <stdio.h>
#include <string.h>

#include <oriel/error.h>
#include <oriel/object.h>
#include <oriel/oriel.h>
#include <oriel/redirect.h>
#include <oriel/verify.h>

static int calls;

#ifdef __cplusplus
extern "C" {
#endif
int error_set(void);
int arena_alloc(void);
int elf_open(void);
int object_open(void);
int mem_alloc(void);

int error_set(void)
{
	return ++calls;
}

int arena_alloc(void)
{
	return ++calls;
}

int elf_open(void)
{
	return ++calls;
}

int object_open(void)
{
	return ++calls;
}

int mem_alloc(void)
{
	return ++calls;
}
#ifdef __cplusplus
}
#endif

int main(void)
{
	struct oriel_object_options options;
	struct oriel_object *object = NULL;
	struct oriel_error error;

	memset(&options, 0, sizeof(options));
	options.size = sizeof(options);
	options.file = "mine";
	if (oriel_version_number() != (uint32_t)ORIEL_VERSION_NUMBER)
		return 1;
	if (oriel_object_open("no object", 9, &options, &object, &error) != ORIEL_ERR_NOEXEC)
		return 2;
	if (strncmp(error.text, "mine: ", 6) != 0 || calls != 0)
		return 3;
	if (error_set() + arena_alloc() + elf_open() + object_open() + mem_alloc() != 15)
		return 4;
	oriel_verdict_free(NULL);
	oriel_object_free(object);
	printf("%s\n", oriel_version());
	return 0;
}
