/* SPDX-License-Identifier: MIT */
/* What all of the public API stands on: version, errors, memory, structs that begin with their
 * size. */
#include "api/api.h"

#include "base/mem.h"
#include "base/str.h"

#define TEXT_OF_RAW(x) #x
#define TEXT_OF(x)     TEXT_OF_RAW(x)
#define HEADERS_VERSION              \
	TEXT_OF(ORIEL_VERSION_MAJOR) \
	"." TEXT_OF(ORIEL_VERSION_MINOR) "." TEXT_OF(ORIEL_VERSION_PATCH)
_Static_assert(__builtin_strcmp(HEADERS_VERSION, ORIEL_PROJECT_VERSION) == 0,
	       "oriel.h has the version of CMakeLists.txt");

#define ERROR_ROW(name, number, text)                            \
	_Static_assert((int)ORIEL_ERR_##name == (int)ERR_##name, \
		       "error.h has the numbers of errors.def");
#include "base/errors.def"
#undef ERROR_ROW

_Static_assert((int)ORIEL_DIALECT_UNKNOWN == (int)DIALECT_UNKNOWN &&
		       (int)ORIEL_DIALECT_WINDOWS == (int)DIALECT_WINDOWS &&
		       (int)ORIEL_DIALECT_LINUX == (int)DIALECT_LINUX,
	       "oriel.h has the numbers of prog.h");

/* What no struct of any version reaches: a larger size was never set. */
#define STRUCT_LIMIT ((size_t)4096)

const char *oriel_version(void)
{
	return ORIEL_PROJECT_VERSION;
}

uint32_t oriel_version_number(void)
{
	return ORIEL_VERSION_NUMBER;
}

const char *oriel_dialect_name(enum oriel_dialect dialect)
{
	return dialect_name((enum dialect)dialect);
}

void oriel_free(void *memory)
{
	mem_free(memory);
}

const char *oriel_status_text(int status)
{
	return error_name(status);
}

int api_fail(const struct error *err, struct oriel_error *ret_err)
{
	if (ret_err == NULL)
		return err->status;
	ret_err->status = err->status;
	(void)str_copy(ret_err->text, sizeof(ret_err->text), err->text);
	return err->status;
}

static size_t struct_size(const void *s)
{
	size_t size;

	memcpy(&size, s, sizeof(size));
	return size >= sizeof(size) && size <= STRUCT_LIMIT ? size : 0;
}

int api_take_options(const void *options, void *known, const char *name, struct error *err)
{
	size_t known_size = struct_size(known), size;
	const u8 *bytes = options;

	if (options == NULL)
		return 0;
	size = struct_size(options);
	if (size == 0)
		return error_set(err, ERR_INVAL, "%s: size is not that of the struct", name);
	for (size_t i = known_size; i < size; i++)
		if (bytes[i] != 0)
			return error_set(err, ERR_TOOBIG,
					 "%s: a field at offset %zu, which this version of the "
					 "library does not know, is not zero",
					 name, i);
	memcpy(known, options, MIN(size, known_size));
	return 0;
}

int api_give_info(const void *info, void *ret_info)
{
	size_t known_size = struct_size(info), size = struct_size(ret_info);

	if (size == 0)
		return ERR_INVAL;
	memset(ret_info, 0, size);
	memcpy(ret_info, info, MIN(size, known_size));
	memcpy(ret_info, &size, sizeof(size));
	return 0;
}

int api_copy(const void *bytes, size_t len, u8 **ret_copy, struct error *err)
{
	u8 *copy;

	if (bytes == NULL && len > 0)
		return error_set(err, ERR_INVAL, "there are no bytes, but a count of them");
	copy = mem_alloc(len);
	if (copy == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	if (len > 0)
		memcpy(copy, bytes, len);
	*ret_copy = copy;
	return 0;
}
