/* SPDX-License-Identifier: MIT */
/* Who runs: user, session, name, age. */
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/str.h"
#include "os/os.h"

u32 os_user_id(void)
{
	return getuid();
}

u32 os_group_id(void)
{
	return getgid();
}

bool os_is_admin(void)
{
	return geteuid() == 0;
}

u64 os_session_id(void)
{
	return (u64)getsid(0);
}

#define START_FIELD 22 /* of proc(5)'s stat; the second one is a name in brackets */

static u64 start_ticks(const char *stat)
{
	const char *p = strrchr(stat, ')');
	u64 ticks = 0;

	for (u32 field = 2; p != NULL && field < START_FIELD; field++)
		p = strchr(p + 1, ' ');
	for (p = p == NULL ? "" : p + 1; *p >= '0' && *p <= '9'; p++)
		ticks = ticks * 10 + (u64)(*p - '0');
	return ticks;
}

static u64 created(const char *path)
{
	const u64 units = 10000000;
	long per_second = sysconf(_SC_CLK_TCK);
	char stat[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return 0;
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (len <= 0 || per_second <= 0)
		return 0;
	stat[len] = '\0';
	return start_ticks(stat) * (units / (u64)per_second);
}

u64 os_process_created(void)
{
	return created("/proc/self/stat");
}

u64 os_thread_created(void)
{
	return created("/proc/thread-self/stat");
}

void os_task_name(char *buf, size_t size)
{
	char name[16] = "";

	prctl(PR_GET_NAME, name);
	memset(buf, 0, size);
	for (size_t i = 0; i + 1 < size && i < sizeof(name) && name[i] != '\0'; i++)
		buf[i] = name[i];
}
