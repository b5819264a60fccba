/* SPDX-License-Identifier: MIT */
/* Folders, and files that are for one's own eyes: what is made below a user's folders is theirs
 * alone by inheritance. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "os/os.h"
#include "os/windows/wide.h"

static int failed(const char *path, DWORD code, struct error *err)
{
	int status = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? ERR_NOENT
		     : code == ERROR_ACCESS_DENIED				  ? ERR_ACCES
		     : code == ERROR_FILE_EXISTS || code == ERROR_ALREADY_EXISTS  ? ERR_EXIST
										  : ERR_IO;

	return error_set(err, status, "%s: error %lu", path, (unsigned long)code);
}

static int no_memory(const char *path, struct error *err)
{
	return error_set(err, ERR_NOMEM, "%s: out of memory", path);
}

int os_file_write_private(const char *path, const void *data, size_t len, struct error *err)
{
	wchar_t *wide = wide_from_utf8(path);
	DWORD put = 0, code = 0;
	HANDLE file;

	if (wide == NULL)
		return no_memory(path, err);
	file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE) {
		code = GetLastError();
	} else {
		if (len > UINT32_MAX || !WriteFile(file, data, (DWORD)len, &put, NULL) ||
		    put != len)
			code = ERROR_WRITE_FAULT;
		(void)CloseHandle(file);
		if (code != 0)
			(void)DeleteFileW(wide);
	}
	mem_free(wide);
	return code == 0 ? 0 : failed(path, code, err);
}

int os_file_rename(const char *from, const char *to, struct error *err)
{
	wchar_t *a = wide_from_utf8(from), *b = wide_from_utf8(to);
	DWORD code = 0;
	bool made = a != NULL && b != NULL;

	if (made && !MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING))
		code = GetLastError();
	mem_free(a);
	mem_free(b);
	if (!made)
		return no_memory(to, err);
	return code == 0 ? 0 : failed(to, code, err);
}

int os_dir_make(const char *path, struct error *err)
{
	wchar_t *wide = wide_from_utf8(path);
	DWORD code = 0;

	if (wide == NULL)
		return no_memory(path, err);
	for (wchar_t *p = wide;; p++) {
		wchar_t c = *p;

		if (c != L'\0' && c != L'/' && c != L'\\')
			continue;
		*p = L'\0';
		/* What cannot be made, such as a drive, may be there; the last one tells. */
		code = CreateDirectoryW(wide, NULL) ? 0 : GetLastError();
		*p = c;
		if (c == L'\0')
			break;
	}
	mem_free(wide);
	return code == 0 || code == ERROR_ALREADY_EXISTS ? 0 : failed(path, code, err);
}

static void add_name(struct strbuf *names, const wchar_t *wide)
{
	char *name = wide_to_utf8(wide);

	if (name == NULL)
		names->failed = true;
	else if (!str_eq(name, ".") && !str_eq(name, ".."))
		strbuf_add_len(names, name, strlen(name) + 1);
	mem_free(name);
}

int os_dir_list(const char *path, char **ret_names, size_t *ret_len, struct error *err)
{
	struct strbuf pattern = STRBUF_INIT, names = STRBUF_INIT;
	WIN32_FIND_DATAW found;
	wchar_t *wide;
	HANDLE find;

	strbuf_printf(&pattern, "%s\\*", path);
	wide = strbuf_status(&pattern) == 0 ? wide_from_utf8(strbuf_str(&pattern)) : NULL;
	strbuf_fini(&pattern);
	if (wide == NULL)
		return no_memory(path, err);
	find = FindFirstFileW(wide, &found);
	mem_free(wide);
	if (find == INVALID_HANDLE_VALUE)
		return failed(path, GetLastError(), err);
	strbuf_add(&names, ""); /* so that there is memory, also for none */
	do
		add_name(&names, found.cFileName);
	while (FindNextFileW(find, &found));
	(void)FindClose(find);
	if (strbuf_status(&names) != 0) {
		strbuf_fini(&names);
		return no_memory(path, err);
	}
	*ret_names = names.data;
	*ret_len = names.len;
	return 0;
}
