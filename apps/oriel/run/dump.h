/* SPDX-License-Identifier: MIT */
/* Contents of a program's maps, for people and as JSON. */
#pragma once

#include "cli.h"

#include "load/load.h"

/* live: programs go on with them, and with records that somebody else will take; those are not
 * shown. */
void dump_text(struct cli *cli, const struct load *load, bool live);
/* "maps", a list. */
void dump_json(struct cli *cli, struct json *json, const struct load *load, bool live);
