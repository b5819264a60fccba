/* SPDX-License-Identifier: MIT */
/* What the code needs of its host. The folder that the build picks defines it: linux/ and windows/
 * for user mode (with hosted/ for what C's library gives both), winkernel/ for the Windows kernel.
 */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

/* Clocks, in nanoseconds from an arbitrary start. Boot time goes on while the machine sleeps. */
u64 os_clock_monotonic(void);
u64 os_clock_boot(void);
/* Monotonic, but as cheap as can be: as of the last tick. */
u64 os_clock_coarse(void);
/* Since 1970 without leap seconds; UTC where the host does not know how many there were. */
u64 os_clock_tai(void);

/* Random bytes fit for seeds and keys. */
void os_random(void *buf, size_t len);

/* The processor that runs the caller, as a hint: it may have moved by the time this returns. */
u32 os_cpu_current(void);

/* How many processors the machine may have while this runs; at least 1. */
u32 os_cpu_count(void);

/* Whether this is arm64 with the atomic instructions of ARMv8.1. */
bool os_cpu_has_lse(void);

u32 os_process_id(void);
u32 os_thread_id(void);

/* Who runs, for programs that ask. Where the host has no such thing: OS_NOBODY, an empty name, 0.
 */
#define OS_NOBODY 65534u
u32 os_user_id(void);
u32 os_group_id(void);
bool os_is_admin(void);
u64 os_session_id(void);
/* In units of 100 ns, from whenever the host counts them: 1601 on Windows, the boot on Linux. */
u64 os_process_created(void);
u64 os_thread_created(void);
/* Terminated, and what is left of buf zero. */
void os_task_name(char *buf, size_t size);

/* Zeroed memory below 4 GiB, for contexts whose packet pointers have 4 bytes. NULL when there is
 * none, which is always so in a kernel. */
void *os_low_alloc(size_t size) MUST_CHECK;
void os_low_free(void *ptr, size_t size); /* NULL is allowed */

/* Memory that is released stays with the process, up to so many bytes, for what comes next: taking
 * it anew takes longer. A hint, which a host need not follow. */
void os_memory_keep(size_t most);

/* Memory that processes can share, for ring buffers: pages of the consumer's and of the producer's
 * position, then the data, which appear twice in a row, so that no record is cut in two. Zeroed. */
struct os_ring {
	u8 *consumer, *producer; /* a page each */
	u8 *data;
	u64 size; /* of the data once: what was asked for, rounded up to what the host can map */
	void *host[4];
};
int os_ring_alloc(u64 size, struct os_ring *ret_ring) MUST_CHECK; /* 0 or ERR_NOMEM */
void os_ring_free(struct os_ring *ring);			  /* accepts a zeroed one */

/* Memory that other processes can map, too, from whatever host[0] is: a descriptor plus one, a
 * section. Zeroed. */
struct os_shm {
	void *mem;
	u64 size; /* what was asked for, rounded up to what the host can map */
	void *host[2];
};
int os_shm_alloc(u64 size, struct os_shm *ret_shm) MUST_CHECK; /* 0 or ERR_NOMEM */
void os_shm_free(struct os_shm *shm);			       /* accepts a zeroed one */
/* The same memory at another address, as another process would have it; NULL: not possible. */
void *os_shm_map(const struct os_shm *shm, bool write) MUST_CHECK;
void os_shm_unmap(const struct os_shm *shm, void *view);

/* Memory for machine code. It is written at view and runs at mem, an address that is known from the
 * start. Sealing takes the view away and makes what was written readable and executable: no page is
 * ever both writable and executable, and none is writable again that was executable. Zeroed. */
struct os_code {
	u8 *view; /* NULL once sealed */
	u8 *mem;  /* not accessible until then */
	u64 size; /* what was asked for, rounded up to pages */
	void *host[1];
};
enum os_access {
	OS_READ,
	OS_WRITE, /* and read */
	OS_EXEC,  /* and read */
};
/* Whole pages of a piece of code memory. */
struct os_code_part {
	u64 offset, size;
	enum os_access access;
};
/* 0, ERR_NOMEM, or ERR_NOTSUP: this host has no such memory. */
int os_code_alloc(u64 size, struct os_code *ret_code) MUST_CHECK;
/* All of it becomes executable. Like the next one: on failure there is neither view nor code, only
 * something to free; ERR_ACCES: the host does not allow it. */
int os_code_seal(struct os_code *code) MUST_CHECK;
/* Of parts in ascending order, each becomes what it says, and what is in none stays inaccessible.
 * ERR_INVAL: they overlap, or are not whole pages inside. */
int os_code_seal_parts(struct os_code *code, const struct os_code_part *parts,
		       u32 count) MUST_CHECK;
/* Like os_code_seal, into memory that is no file's and that a debugger may write breakpoints into:
 * profilers know such memory as a JIT compiler's. Written before it is executable, it is not sealed
 * for good. */
int os_code_seal_open(struct os_code *code) MUST_CHECK;
void os_code_free(struct os_code *code); /* accepts a zeroed one */

/* --- user mode only ------------------------------------------------------------------------- */

/* Processor time of this thread, in nanoseconds. */
u64 os_clock_thread(void);
/* Seconds since 1970, as a calendar counts them. */
s64 os_clock_utc(void);

/* The whole of a file (or of standard input, for "-") in mem_alloc'd memory that the caller frees
 * with mem_free; a zero byte follows the last one. Larger than limit: ERR_TOOBIG. */
int os_file_read(const char *path, size_t limit, u8 **ret_data, size_t *ret_len,
		 struct error *err) MUST_CHECK;

/* Makes the file, or what it has until now anew. Nothing is left of one that could not be written
 * whole. */
int os_file_write(const char *path, const void *data, size_t len, struct error *err) MUST_CHECK;

/* The same piece by piece: what was added is there, whatever comes next. */
struct os_writer {
	void *host;
};
int os_writer_open(const char *path, struct os_writer *ret_writer, struct error *err) MUST_CHECK;
int os_writer_add(struct os_writer *writer, const void *data, size_t len) MUST_CHECK; /* ERR_IO */
void os_writer_close(struct os_writer *writer); /* accepts a zeroed one */

/* A new file that nobody but its owner may read. ERR_EXIST: it is there. */
int os_file_write_private(const char *path, const void *data, size_t len,
			  struct error *err) MUST_CHECK;

/* A new file that nobody but its owner may read, and that grows while others read it. One of that
 * name that may be removed is. mapped: its first page is mapped as code, too, by which profilers
 * learn of the file. ERR_NOTSUP: this host has no such files. Zeroed. */
struct os_log {
	void *host[2]; /* a descriptor plus one, the mapping */
};
int os_log_open(const char *path, bool mapped, struct os_log *ret_log,
		struct error *err) MUST_CHECK;
int os_log_add(struct os_log *log, const void *data, size_t len) MUST_CHECK; /* 0 or ERR_IO */
void os_log_close(struct os_log *log); /* accepts a zeroed one */

/* In place of what to names until now, if anything; both are in one folder. */
int os_file_rename(const char *from, const char *to, struct error *err) MUST_CHECK;

/* A folder with those above it; what is not there becomes its owner's alone. */
int os_dir_make(const char *path, struct error *err) MUST_CHECK;
/* The names of the files in a folder, each terminated, one behind the other, in no order;
 * mem_alloc'd. ERR_NOENT: no such folder. */
int os_dir_list(const char *path, char **ret_names, size_t *ret_len, struct error *err) MUST_CHECK;

enum os_stream { OS_STDOUT, OS_STDERR };
/* All of it, or ERR_IO. */
int os_write(enum os_stream stream, const void *data, size_t len);
bool os_is_terminal(enum os_stream stream);

/* Runs a program, found as the shell finds it, with this one's streams, and waits for its end.
 * argv ends with NULL. A signal's exit code is 128 and its number. ERR_NOENT: no such program. */
int os_spawn(const char *const *argv, int *ret_exit, struct error *err) MUST_CHECK;
/* The same in another folder; dir NULL: here. */
int os_spawn_in(const char *dir, const char *const *argv, int *ret_exit,
		struct error *err) MUST_CHECK;
/* A new, empty folder of this user's for temporary files; *ret_path is mem_alloc'd. */
int os_temp_dir(char **ret_path, struct error *err) MUST_CHECK;
/* A file or an empty folder; what is not there is fine. */
void os_file_remove(const char *path);

/* Whether nobody but this user and root can change the file or put another one in its place;
 * *ret_path: its name without links and "..", mem_alloc'd. ERR_NOENT: it is not there; ERR_ACCES:
 * somebody can, the error says where; ERR_NOTSUP: this host's rights are not looked at. */
int os_file_trusted(const char *path, char **ret_path, struct error *err) MUST_CHECK;

/* Shared libraries. The symbol is NULL when there is none of that name. */
int os_library_open(const char *path, void **ret_library, struct error *err) MUST_CHECK;
void *os_library_symbol(void *library, const char *name) MUST_CHECK;
void os_library_close(void *library);

/* These give mem_alloc'd text for mem_free, or NULL: an environment variable that is set and not
 * empty; the file of the running program. */
char *os_env(const char *name) MUST_CHECK;
char *os_program_path(void) MUST_CHECK;
