/* SPDX-License-Identifier: MIT */
/* Programs out of object files, by a list like that of `oriel verify --manifest`. */
#pragma once

#include "prog/prog.h"

/* Called for each program that can be linked; false ends. */
typedef bool corpus_each(void *arg, const char *file, const struct prog *prog);

/* Rows of file, section, program, dialect, type; paths are relative to the list's. False: the list
 * cannot be read. */
bool corpus_read(const char *path, corpus_each *each, void *arg);
