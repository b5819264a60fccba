/* SPDX-License-Identifier: MIT */
/* Rows of the specification as JSON objects. */
#pragma once

#include "base/json.h"
#include "spec/spec.h"

void json_spec_prog_type(struct json *json, const struct spec_prog_type *type);
void json_spec_attach_type(struct json *json, const struct spec_attach_type *attach);
void json_spec_section(struct json *json, const struct spec_section *section);
void json_spec_map_type(struct json *json, const struct spec_map_type *type);
/* spec: the set that it is from. */
void json_spec_helper(struct json *json, const struct spec *spec, const struct spec_helper *helper);
void json_spec_kfunc(struct json *json, const struct spec_helper *kfunc);
void json_spec_function(struct json *json, const struct spec_function *function);
