/* SPDX-License-Identifier: MIT */
/* A call is made with the rights of the task that wanted it, not with ours. Linux has rights by
 * thread; the C library would change all of them, so it is not asked. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "supervise/internal.h"

#define STATUS_MAX 8192

struct ids {
	u32 uid, gid, umask;
	u32 groups[CREDS_GROUPS];
	int group_count;
	u64 caps;
};

/* --- capabilities --- */

static struct __user_cap_header_struct cap_header(void)
{
	return (struct __user_cap_header_struct){ _LINUX_CAPABILITY_VERSION_3, 0 };
}

static u64 get_caps(void)
{
	struct __user_cap_header_struct header = cap_header();
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capget, &header, data) != 0)
		return 0;
	return (u64)data[1].effective << 32 | data[0].effective;
}

static bool set_caps(u64 caps)
{
	struct __user_cap_header_struct header = cap_header();
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	data[0].effective = (u32)caps & data[0].permitted;
	data[1].effective = (u32)(caps >> 32) & data[1].permitted;
	return syscall(SYS_capset, &header, data) == 0;
}

/* --- who the task is --- */

static bool same_file(u32 tid, const char *name)
{
	struct stat ours, theirs;
	char path[64];

	format(path, sizeof(path), "/proc/self/%s", name);
	if (stat(path, &ours) != 0)
		return false;
	format(path, sizeof(path), "/proc/%u/%s", tid, name);
	return stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

static bool read_ids(u32 tid, struct ids *ret)
{
	char status[STATUS_MAX];
	u64 uid[4], gid[4], groups[CREDS_GROUPS + 1], umask_, caps;
	u32 count;

	if (target_proc(tid, "status", status, sizeof(status)) < 0 ||
	    status_numbers(status, "\nUid:", uid, 4) != 4 ||
	    status_numbers(status, "\nGid:", gid, 4) != 4 ||
	    !status_number(status, "\nUmask:", 8, &umask_) ||
	    !status_number(status, "\nCapEff:", 16, &caps))
		return false;
	count = status_numbers(status, "\nGroups:", groups, CREDS_GROUPS + 1);
	if (count > CREDS_GROUPS)
		return false;
	*ret = (struct ids){ .uid = (u32)uid[1],
			     .gid = (u32)gid[1],
			     .umask = (u32)umask_,
			     .group_count = (int)count };
	for (u32 i = 0; i < count; i++)
		ret->groups[i] = (u32)groups[i];
	/* What it may do in a user namespace of its own it may not do in ours. As that namespace's
	 * owner we may do there what it may. */
	ret->caps = same_file(tid, "ns/user") ? caps : 0;
	return true;
}

/* --- taking --- */

static bool take_ids(const struct ids *ids, struct creds_saved *saved)
{
	saved->uid = (u32)geteuid();
	saved->gid = (u32)getegid();
	saved->group_count = getgroups(CREDS_GROUPS, saved->groups);
	if (saved->group_count < 0)
		return false;
	if (saved->uid == ids->uid && saved->gid == ids->gid &&
	    saved->group_count == ids->group_count &&
	    memcmp(saved->groups, ids->groups, (size_t)ids->group_count * sizeof(u32)) == 0)
		return true;
	saved->ids = true;
	return syscall(SYS_setgroups, ids->group_count, ids->groups) == 0 &&
	       syscall(SYS_setresgid, -1, ids->gid, -1) == 0 &&
	       syscall(SYS_setresuid, -1, ids->uid, -1) == 0;
}

static bool take_files(struct call *call, const struct ids *ids, struct creds_saved *saved)
{
	char path[64];

	if (!call->worker->own_fs && unshare(CLONE_FS) != 0)
		return false;
	call->worker->own_fs = true;
	umask((mode_t)ids->umask);
	format(path, sizeof(path), "/proc/%u/cwd", call->request->pid);
	if (chdir(path) != 0)
		return false;
	if (same_file(call->request->pid, "root") && same_file(call->request->pid, "ns/mnt"))
		return true;
	saved->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	format(path, sizeof(path), "/proc/%u/root", call->request->pid);
	return saved->root >= 0 && chroot(path) == 0;
}

bool creds_take(struct call *call, bool files, struct creds_saved *ret_saved)
{
	struct creds_saved *saved = ret_saved;
	struct ids ids;

	*saved = (struct creds_saved){ .caps = get_caps(), .root = -1 };
	if (read_ids(call->request->pid, &ids) && (!files || take_files(call, &ids, saved)) &&
	    (!files || take_ids(&ids, saved)) &&
	    (saved->caps == 0 || set_caps(saved->caps & ids.caps)))
		return true;
	creds_give_back(saved);
	answer(call, 0, -EPERM);
	return false;
}

/* A thread that cannot get its rights back has those of a task: it must not go on. */
void creds_give_back(const struct creds_saved *saved)
{
	bool done = true;

	if (saved->ids)
		done = syscall(SYS_setresuid, -1, saved->uid, -1) == 0;
	done = set_caps(saved->caps) && done;
	if (saved->ids)
		done = syscall(SYS_setresgid, -1, saved->gid, -1) == 0 &&
		       syscall(SYS_setgroups, saved->group_count, saved->groups) == 0 && done;
	if (saved->root >= 0) {
		done = fchdir(saved->root) == 0 && chroot(".") == 0 && done;
		close(saved->root);
	}
	if (!done)
		abort();
}
