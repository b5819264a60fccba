/* SPDX-License-Identifier: MIT */
/* Contents of a program's maps, for people and as JSON. */
#pragma once

#include "cli.h"

#include "runtime/runtime.h"

void dump_text(struct cli *cli, struct runtime *rt, const struct prog *prog);
/* "maps", a list. */
void dump_json(struct cli *cli, struct json *json, struct runtime *rt, const struct prog *prog);
