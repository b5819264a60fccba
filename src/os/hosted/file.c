/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
/* must follow windows.h */
#include <fcntl.h>
#include <io.h>
#define isatty _isatty
#define fileno _fileno
#else
#include <unistd.h>
#endif

static int read_all(FILE *file, const char *path, size_t limit, u8 **ret_data, size_t *ret_len,
		    struct error *err)
{
	size_t len = 0, cap = 64 * 1024;
	u8 *data = mem_alloc(cap);

	while (data != NULL) {
		u8 *grown;

		len += fread(data + len, 1, cap - len - 1, file);
		if (ferror(file)) {
			mem_free(data);
			return error_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		}
		if (len > limit) {
			mem_free(data);
			return error_set(err, ERR_TOOBIG, "%s: larger than %zu bytes", path, limit);
		}
		if (feof(file)) {
			data[len] = 0;
			*ret_data = data;
			*ret_len = len;
			return 0;
		}
		grown = mem_realloc(data, cap * 2);
		if (grown == NULL)
			break;
		data = grown;
		cap *= 2;
	}
	mem_free(data);
	return error_set(err, ERR_NOMEM, "%s: out of memory", path);
}

/* path is UTF-8 on every host. Processes that are started meanwhile do not get the file. */
static FILE *open_binary(const char *path, bool write)
{
#ifdef _WIN32
	wchar_t wide[1024];

	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide,
				(int)ARRAY_COUNT(wide)) == 0) {
		errno = ENOENT;
		return NULL;
	}
	return _wfopen(wide, write ? L"wbN" : L"rbN");
#else
	return fopen(path, write ? "wbe" : "rbe");
#endif
}

static int cannot_open(const char *path, struct error *err)
{
	return error_set(err,
			 errno == ENOENT   ? ERR_NOENT
			 : errno == EACCES ? ERR_ACCES
					   : ERR_IO,
			 "%s: %s", path, strerror(errno));
}

int os_file_read(const char *path, size_t limit, u8 **ret_data, size_t *ret_len, struct error *err)
{
	FILE *file;
	int status;

	if (str_eq(path, "-")) {
#ifdef _WIN32
		(void)_setmode(fileno(stdin), _O_BINARY);
#endif
		return read_all(stdin, "standard input", limit, ret_data, ret_len, err);
	}
	file = open_binary(path, false);
	if (file == NULL)
		return cannot_open(path, err);
	status = read_all(file, path, limit, ret_data, ret_len, err);
	fclose(file);
	return status;
}

int os_file_write(const char *path, const void *data, size_t len, struct error *err)
{
	FILE *file = open_binary(path, true);
	bool failed;

	if (file == NULL)
		return cannot_open(path, err);
	failed = len > 0 && fwrite(data, 1, len, file) != len;
	failed |= fclose(file) != 0;
	if (!failed)
		return 0;
	(void)remove(path);
	return error_set(err, ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

int os_writer_open(const char *path, struct os_writer *ret_writer, struct error *err)
{
	FILE *file = open_binary(path, true);

	if (file == NULL)
		return cannot_open(path, err);
	(void)setvbuf(file, NULL, _IONBF, 0);
	ret_writer->host = file;
	return 0;
}

int os_writer_add(struct os_writer *writer, const void *data, size_t len)
{
	return len == 0 || fwrite(data, 1, len, writer->host) == len ? 0 : ERR_IO;
}

void os_writer_close(struct os_writer *writer)
{
	if (writer->host != NULL)
		(void)fclose(writer->host);
	writer->host = NULL;
}

int os_write(enum os_stream stream, const void *data, size_t len)
{
	FILE *file = stream == OS_STDOUT ? stdout : stderr;

	if (fwrite(data, 1, len, file) != len || fflush(file) != 0)
		return ERR_IO;
	return 0;
}

bool os_is_terminal(enum os_stream stream)
{
	return isatty(fileno(stream == OS_STDOUT ? stdout : stderr)) != 0;
}
