/* SPDX-License-Identifier: MIT */
/* <sys/types.h> for BPF targets. Any other target gets its own. */
#ifndef __BPF__
#include_next <sys/types.h>
#elif !defined(ORIEL_SYS_TYPES_H)
#define ORIEL_SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef long ssize_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int mode_t;
typedef unsigned long ino_t;
typedef unsigned long dev_t;
typedef long off_t;
typedef long time_t;

#endif
