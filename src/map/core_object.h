/* SPDX-License-Identifier: MIT */
/* What maps, programs and links have in common: references, an id, a name. The last reference of an
 * object takes it out of the table of ids, and then releases it; whoever looked it up before that
 * holds a reference of their own, or an epoch.
 *
 * Users are those references by which people reach an object: handles and pins. An array of
 * programs gives up its programs when it has no more of them, or it and a program that uses it
 * would keep each other for ever. */
#pragma once

#include "base/error.h"
#include "os/lock.h"

enum core_kind { CORE_PROG, CORE_MAP, CORE_LINK, CORE_KINDS };

#define CORE_NAME 64 /* bytes of a name, with its terminator */

struct core_table;

struct core_object {
	u64 refs;		  /* atomic; includes the users */
	u64 users;		  /* atomic */
	struct core_table *table; /* NULL: not in one */
	u32 id;			  /* not 0 in a table */
	u32 pins;		  /* atomic: paths that hold it */
	enum core_kind kind;
	char name[CORE_NAME];
	/* The last reference is gone, nobody finds it by its id any more. */
	void (*release)(struct core_object *object);
	void (*abandon)(
		struct core_object *object); /* the last user is gone; NULL: nothing to do */
};

/* One reference, which is a user's. name may be NULL; what is too long is cut. */
void core_object_init(struct core_object *object, enum core_kind kind, const char *name,
		      void (*release)(struct core_object *object));

void core_get(struct core_object *object);     /* the caller has a reference */
bool core_try_get(struct core_object *object); /* false: the last one is gone already */
void core_put(struct core_object *object);     /* accepts NULL */
void core_get_user(struct core_object *object);
void core_put_user(struct core_object *object); /* accepts NULL */

/* --- ids: from 1 on, not given again before all others were -------------------------------- */

#define CORE_IDS_CHUNK 1024
#define CORE_IDS_MAX   (1024u * CORE_IDS_CHUNK)

struct core_chunk {
	struct core_object *objects[CORE_IDS_CHUNK]; /* atomic */
	u32 live;				     /* atomic */
};

struct core_table {
	struct os_lock lock;
	u32 last;			 /* given */
	u32 limit;			 /* atomic: ids are below */
	struct core_chunk *chunks[1024]; /* atomic; stay until core_table_fini */
};

void core_table_fini(struct core_table *table); /* empty; accepts a zeroed one */
/* Gives the object an id. ERR_NOMEM, ERR_NOSPC. */
int core_table_add(struct core_table *table, struct core_object *object) MUST_CHECK;
/* With a user's reference; NULL when there is none. */
struct core_object *core_table_get(struct core_table *table, u32 id) MUST_CHECK;
/* The id after that one (0: the first); 0 at the end. */
u32 core_table_next(struct core_table *table, u32 id);
/* The object with the next id after *id, without a reference: the caller is inside an epoch,
 * through which all objects of the table are freed. */
struct core_object *core_table_walk(const struct core_table *table, u32 *id);
