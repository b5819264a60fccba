/* SPDX-License-Identifier: MIT */
/* Who runs: user, session, name, age. Users and groups have no numbers here. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/str.h"
#include "os/os.h"

u32 os_user_id(void)
{
	return OS_NOBODY;
}

u32 os_group_id(void)
{
	return OS_NOBODY;
}

bool os_is_admin(void)
{
	SID_IDENTIFIER_AUTHORITY authority = { SECURITY_NT_AUTHORITY };
	PSID admins = NULL;
	BOOL is_member = FALSE;

	if (!AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
				      DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &admins))
		return false;
	if (!CheckTokenMembership(NULL, admins, &is_member))
		is_member = FALSE;
	FreeSid(admins);
	return is_member != FALSE;
}

u64 os_session_id(void)
{
	TOKEN_STATISTICS token;
	DWORD size = sizeof(token);
	HANDLE handle;
	u64 id = 0;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle))
		return 0;
	if (GetTokenInformation(handle, TokenStatistics, &token, size, &size))
		id = (u64)(u32)token.AuthenticationId.HighPart << 32 |
		     token.AuthenticationId.LowPart;
	CloseHandle(handle);
	return id;
}

static u64 units(const FILETIME *time)
{
	return (u64)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

u64 os_process_created(void)
{
	FILETIME created, exited, kernel, user;

	return GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user)
		       ? units(&created)
		       : 0;
}

u64 os_thread_created(void)
{
	FILETIME created, exited, kernel, user;

	return GetThreadTimes(GetCurrentThread(), &created, &exited, &kernel, &user)
		       ? units(&created)
		       : 0;
}

/* The program's file, without folders and what follows the point. */
void os_task_name(char *buf, size_t size)
{
	char path[MAX_PATH];
	DWORD len = GetModuleFileNameA(NULL, path, sizeof(path));
	size_t begin = 0, out = 0;

	memset(buf, 0, size);
	if (len >= sizeof(path))
		return;
	for (size_t i = 0; i < len; i++)
		if (path[i] == '\\' || path[i] == '/')
			begin = i + 1;
	for (size_t i = begin; i < len && path[i] != '.' && out + 1 < size; i++)
		buf[out++] = path[i];
}

u64 os_clock_coarse(void)
{
	return os_clock_monotonic();
}

#define UNIX_EPOCH 116444736000000000ull /* in units of 100 ns since 1601 */

u64 os_clock_tai(void)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return (units(&now) - UNIX_EPOCH) * 100;
}

s64 os_clock_utc(void)
{
	return (s64)(os_clock_tai() / 1000000000u);
}
