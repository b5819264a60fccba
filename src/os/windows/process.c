/* SPDX-License-Identifier: MIT */
/* Other programs, and where this one is. Windows starts a program with one string, which the
 * program takes apart again: quote_arg() is the inverse of what C libraries do there. */
#define WIN32_LEAN_AND_MEAN
#include <wchar.h>
#include <windows.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "os/os.h"
#include "os/windows/wide.h"

static void quote_arg(struct strbuf *out, const char *arg)
{
	size_t slashes = 0;

	strbuf_add_char(out, '"');
	for (; *arg != '\0'; arg++) {
		if (*arg == '\\') {
			slashes++;
			strbuf_add_char(out, '\\');
			continue;
		}
		/* Backslashes mean themselves except before a quotation mark. */
		for (; *arg == '"' && slashes > 0; slashes--)
			strbuf_add_char(out, '\\');
		if (*arg == '"')
			strbuf_add_char(out, '\\');
		slashes = 0;
		strbuf_add_char(out, *arg);
	}
	for (; slashes > 0; slashes--)
		strbuf_add_char(out, '\\');
	strbuf_add_char(out, '"');
}

wchar_t *wide_from_utf8(const char *text)
{
	int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *wide = count > 0 ? mem_zalloc_array((size_t)count, sizeof(*wide)) : NULL;

	if (wide != NULL)
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, count);
	return wide;
}

char *wide_to_utf8(const wchar_t *wide)
{
	int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	char *text = size > 0 ? mem_alloc((size_t)size) : NULL;

	if (text != NULL)
		WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
	return text;
}

static int spawn_error(const char *name, DWORD code, struct error *err)
{
	if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
		return error_set(err, ERR_NOENT, "%s: no such program", name);
	return error_set(err, code == ERROR_ACCESS_DENIED ? ERR_ACCES : ERR_IO,
			 "%s: cannot be started: error %lu", name, code);
}

int os_spawn_in(const char *dir, const char *const *argv, int *ret_exit, struct error *err)
{
	STARTUPINFOW startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	struct strbuf line = STRBUF_INIT;
	wchar_t *wide = NULL, *wide_dir = dir != NULL ? wide_from_utf8(dir) : NULL;
	DWORD code = 0;
	int status = 0;

	for (size_t i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			strbuf_add_char(&line, ' ');
		quote_arg(&line, argv[i]);
	}
	if (strbuf_status(&line) == 0)
		wide = wide_from_utf8(strbuf_str(&line));
	strbuf_fini(&line);
	if (wide == NULL || (dir != NULL && wide_dir == NULL))
		status = error_set(err, ERR_NOMEM, "%s: no memory for its arguments", argv[0]);
	else if (CreateProcessW(NULL, wide, NULL, NULL, TRUE, 0, NULL, wide_dir, &startup,
				&process)) {
		WaitForSingleObject(process.hProcess, INFINITE);
		GetExitCodeProcess(process.hProcess, &code);
		CloseHandle(process.hThread);
		CloseHandle(process.hProcess);
		*ret_exit = (int)code;
	} else {
		status = spawn_error(argv[0], GetLastError(), err);
	}
	mem_free(wide);
	mem_free(wide_dir);
	return status;
}

int os_spawn(const char *const *argv, int *ret_exit, struct error *err)
{
	return os_spawn_in(NULL, argv, ret_exit, err);
}

char *os_env(const char *name)
{
	wchar_t *wide_name = wide_from_utf8(name), *value = NULL;
	char *text = NULL;
	DWORD room;

	if (wide_name == NULL)
		return NULL;
	room = GetEnvironmentVariableW(wide_name, NULL, 0);
	if (room > 1)
		value = mem_zalloc_array(room, sizeof(*value));
	if (value != NULL && GetEnvironmentVariableW(wide_name, value, room) < room)
		text = wide_to_utf8(value);
	mem_free(value);
	mem_free(wide_name);
	return text;
}

char *os_program_path(void)
{
	wchar_t path[1024];
	DWORD len = GetModuleFileNameW(NULL, path, ARRAY_COUNT(path));

	return len > 0 && len < ARRAY_COUNT(path) ? wide_to_utf8(path) : NULL;
}

int os_temp_dir(char **ret_path, struct error *err)
{
	wchar_t base[MAX_PATH + 1], path[MAX_PATH + 40];
	DWORD len = GetTempPathW(ARRAY_COUNT(base), base);

	for (u32 i = 0; len > 0 && len < ARRAY_COUNT(base) && i < 100; i++) {
		u64 number;

		os_random(&number, sizeof(number));
		_snwprintf(path, ARRAY_COUNT(path), L"%lsoriel-%08x", base, (unsigned)number);
		path[ARRAY_COUNT(path) - 1] = L'\0';
		if (!CreateDirectoryW(path, NULL))
			continue;
		*ret_path = wide_to_utf8(path);
		if (*ret_path != NULL)
			return 0;
		(void)RemoveDirectoryW(path);
		return error_set(err, ERR_NOMEM, "out of memory");
	}
	return error_set(err, ERR_IO, "cannot make a folder for temporary files");
}

void os_file_remove(const char *path)
{
	wchar_t *wide = wide_from_utf8(path);

	if (wide != NULL && !DeleteFileW(wide))
		(void)RemoveDirectoryW(wide);
	mem_free(wide);
}

int os_file_trusted(const char *path, UNUSED char **ret_path, struct error *err)
{
	return error_set(err, ERR_NOTSUP, "%s: who may change a file is not known on Windows",
			 path);
}

int os_library_open(const char *path, void **ret_library, struct error *err)
{
	wchar_t *wide = wide_from_utf8(path);
	HMODULE library = wide != NULL ? LoadLibraryW(wide) : NULL;

	mem_free(wide);
	if (library == NULL)
		return error_set(err, ERR_NOEXEC, "%s: cannot be loaded (error %lu)", path,
				 (unsigned long)GetLastError());
	*ret_library = library;
	return 0;
}

void *os_library_symbol(void *library, const char *name)
{
	FARPROC symbol = GetProcAddress(library, name);
	void *address;

	memcpy(&address, &symbol, sizeof(address));
	return address;
}

void os_library_close(void *library)
{
	(void)FreeLibrary(library);
}
