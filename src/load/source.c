/* SPDX-License-Identifier: MIT */
/* Object -> programs -> verifier -> C. */
#include "load/source.h"

#include "base/mem.h"
#include "base/sha256.h"
#include "load/judge.h"

struct making {
	const struct source_options *options;
	struct source *source;
	struct translate_prog *progs;
	struct error *err;
};

static bool is_wanted(const struct making *m, u32 idx)
{
	const struct object *object = m->source->object;

	if (m->options->program != NULL)
		return object_find_prog(object, m->options->program) == idx;
	return !object->progs[idx].is_subprog;
}

static int find_type(const struct making *m, u32 idx, const struct spec_prog_type **ret_type)
{
	const struct object *object = m->source->object;
	const struct object_prog *row = &object->progs[idx];

	*ret_type = NULL;
	if (m->options->type != NULL) {
		*ret_type = spec_find_type(object->spec, object->dialect, m->options->type);
		if (*ret_type == NULL)
			return error_set(m->err, ERR_INVAL,
					 "the %s dialect has no program type '%.64s'",
					 dialect_name(object->dialect), m->options->type);
	} else if (row->match == NULL || row->match->type == NULL) {
		return error_set(m->err, ERR_INVAL,
				 "%s: section '%.64s' does not say the program's type; say --type",
				 object->file, row->section);
	}
	return 0;
}

static int judge(struct making *m, const struct prog *prog, const struct prog_facts **ret_facts)
{
	struct load judged = { .object = m->source->object, .verify = m->options->verify };
	int status = load_judge(&judged, prog, ret_facts, m->err);

	m->source->result = judged.result;
	m->source->refused = judged.refused;
	return status;
}

static int add_one(struct making *m, u32 idx)
{
	const struct spec_prog_type *type;
	const struct prog_facts *facts;
	const struct prog *prog;
	int status = find_type(m, idx, &type);

	if (status == 0)
		status = object_link(m->source->object, idx, type, &prog, m->err);
	if (status == 0)
		status = judge(m, prog, &facts);
	if (status != 0)
		return status;
	m->progs[m->source->prog_count++] = (struct translate_prog){ .prog = prog, .facts = facts };
	return 0;
}

static int add_all(struct making *m)
{
	const struct object *object = m->source->object;
	int status = 0;

	if (m->options->program != NULL &&
	    object_find_prog(object, m->options->program) == PROG_NO_INDEX)
		return error_set(m->err, ERR_NOENT, "%s: no program '%.64s'", object->file,
				 m->options->program);
	m->progs = mem_zalloc_array(object->prog_count + 1, sizeof(*m->progs));
	if (m->progs == NULL)
		return error_set(m->err, ERR_NOMEM, "no memory for the programs of an object");
	for (u32 i = 0; status == 0 && i < object->prog_count; i++)
		if (is_wanted(m, i))
			status = add_one(m, i);
	if (status == 0 && m->source->prog_count == 0)
		status = error_set(m->err, ERR_NOENT, "%s: no program in it", object->file);
	return status;
}

int source_make(const u8 *bytes, size_t len, const struct source_options *options,
		struct source *ret_source, struct error *err)
{
	struct object_options object_options = {
		.size = sizeof(object_options),
		.file = options->file,
		.dialect = options->dialect,
		.target_btf = options->target_btf,
		.kconfig = options->kconfig,
		.spec = options->spec,
	};
	struct making m = { .options = options, .source = ret_source, .err = err };
	struct translate_options translate = options->translate;
	u8 digest[SHA256_SIZE];
	int status;

	*ret_source = (struct source){ 0 };
	status = object_open(bytes, len, &object_options, &ret_source->object, err);
	if (status != 0)
		return status;
	if (ret_source->object->dialect == DIALECT_UNKNOWN)
		return error_set(err, ERR_INVAL,
				 "%s: the dialect is not known; say --dialect windows or --dialect "
				 "linux",
				 options->file);
	status = add_all(&m);
	if (status == 0) {
		sha256_bytes(bytes, len, digest);
		translate.hash = digest;
		if (ret_source->object->btf.type_count > 0)
			translate.btf = &ret_source->object->btf;
		translate.hash_len = SHA256_SIZE;
		translate.zero_frames = options->verify->policy.allow_uninit_stack;
		status = translate_module(m.progs, ret_source->prog_count, &translate,
					  &ret_source->text, err);
	}
	mem_free(m.progs);
	return status;
}

void source_fini(struct source *source)
{
	if (source->object != NULL)
		object_free(source->object);
	strbuf_fini(&source->text);
	*source = (struct source){ 0 };
}
