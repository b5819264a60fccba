/* SPDX-License-Identifier: MIT */
/* What the files of this module share. */
#pragma once

#include "extension/extension.h"

#include "runtime/hook.h"

#define EXTENSION_NAME	  63
#define EXTENSION_SUMMARY 255

struct extension {
	struct extension_info info;
	char *path;
	char name[EXTENSION_NAME + 1], version[EXTENSION_NAME + 1];
	char summary[EXTENSION_SUMMARY + 1];
	struct oriel_extension table;
	void *library; /* NULL: it is a part of this program */
	u32 instances; /* atomic */
};

/* A provider or a hook; those that came later stand before those that came earlier. */
struct registered {
	struct registered *next;
	struct provider *provider; /* NULL: see hook */
	struct hook *hook;
	bool is_hook; /* what the provider provides */
	struct hook_verdicts verdicts;
};

/* What extensions know as struct oriel_ext_registry. */
struct extension_instance {
	struct extension *extension;
	struct runtime *rt;
	void *arg;		       /* of the extension's functions */
	struct registered *registered; /* as well: struct oriel_ext_chain is one with a hook */
	bool is_open;		       /* start has been called and has not returned */
	struct error refused;	       /* the first thing that was not taken; status 0: none */
	int stopping;		       /* atomic; a descriptor that can be read when run is to
					  return; -1: there is none */
};

extern const struct oriel_ext_host extension_host;

/* Takes away what has been registered; not while programs run that are attached. */
void registered_free(struct extension_instance *instance);
/* A program is attached to one of its hooks. */
bool registered_is_attached(const struct extension_instance *instance);

/* host->wait */
int extension_wait(struct oriel_ext_registry *registry, int fd, int milliseconds);
