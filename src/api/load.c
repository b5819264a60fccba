/* SPDX-License-Identifier: MIT */
/* oriel/load.h: objects into runtimes. */
#include "api/api.h"

#include "base/mem.h"
#include "base/str.h"
#include "runtime/link.h"

static int check_options(const struct oriel_load_options *options, struct error *err)
{
	if ((options->flags & ~(uint32_t)ORIEL_LOAD_UNVERIFIED) != 0 || options->reserved != 0)
		return error_set(err, ERR_INVAL, "options: flags 0x%x are not known",
				 options->flags);
	return 0;
}

static int load(struct oriel_loaded *load, const struct oriel_load_options *options,
		struct error *err)
{
	struct verify_options verify;
	struct load_set_options inner = { .size = sizeof(inner),
					  .program = options->program,
					  .type = options->type,
					  .mode = options->mode,
					  .keep = api_object_ref,
					  .release = api_object_put,
					  .arg = load->object };

	verify_options_default(&verify);
	verify.policy.raw_size = options->raw_size;
	if ((options->flags & ORIEL_LOAD_UNVERIFIED) == 0)
		inner.verify = &verify;
	return load_set(load->object->object, load->runtime->rt, &inner, &load->set, err);
}

int oriel_load(struct oriel_runtime *runtime, struct oriel_object *object,
	       const struct oriel_load_options *options, struct oriel_loaded **ret_loaded,
	       struct oriel_error *error)
{
	struct oriel_load_options known = { .size = sizeof(known) };
	struct oriel_loaded *made = NULL;
	struct error err = { 0 };
	int status = api_take_options(options, &known, "struct oriel_load_options", &err);

	if (status == 0)
		status = check_options(&known, &err);
	if (status == 0) {
		made = mem_zalloc(sizeof(*made));
		if (made == NULL)
			status = error_set(&err, ERR_NOMEM, "out of memory");
	}
	if (status == 0) {
		made->runtime = runtime;
		made->object = object;
		status = load(made, &known, &err);
	}
	if (status != 0) {
		mem_free(made);
		return api_fail(&err, error);
	}
	api_runtime_ref(runtime);
	api_object_ref(object);
	*ret_loaded = made;
	return 0;
}

void oriel_loaded_free(struct oriel_loaded *load)
{
	if (load == NULL)
		return;
	load_set_fini(&load->set);
	oriel_object_free(load->object);
	oriel_runtime_free(load->runtime);
	mem_free(load);
}

struct oriel_map *oriel_loaded_map(const struct oriel_loaded *load, const char *name)
{
	const struct object *obj = load->object->object;

	for (u32 i = 0; i < obj->map_count; i++)
		if (load->set.maps[i] != NULL && obj->maps[i].name != NULL &&
		    str_eq(obj->maps[i].name, name))
			return (struct oriel_map *)(void *)load->set.maps[i];
	return NULL;
}

static int find_prog(const struct oriel_loaded *load, const char *name,
		     struct runtime_prog **ret_prog, struct error *err)
{
	const struct object *obj = load->object->object;
	struct runtime_prog *found = NULL;
	u32 idx, count = 0;

	if (name != NULL) {
		idx = object_find_prog(obj, name);
		if (idx != PROG_NO_INDEX)
			found = load->set.progs[idx];
		if (found == NULL)
			return error_set(err, ERR_NOENT, "%s: no program '%.64s' is loaded",
					 obj->file, name);
	}
	for (u32 i = 0; name == NULL && i < obj->prog_count; i++) {
		if (load->set.progs[i] == NULL)
			continue;
		found = load->set.progs[i];
		count++;
	}
	if (name == NULL && count != 1)
		return error_set(err, ERR_INVAL, "%s: which of %u programs is not said", obj->file,
				 count);
	*ret_prog = found;
	return 0;
}

int oriel_loaded_attach(struct oriel_loaded *load, const char *program, struct oriel_hook *hook,
			uint32_t parameter, struct oriel_link **ret_link, struct oriel_error *error)
{
	struct link_options options = { .size = sizeof(options),
					.attach_type = hook->attach_type,
					.param = &parameter,
					.param_len = parameter == 0 ? 0 : sizeof(parameter) };
	struct oriel_link *link = mem_zalloc(sizeof(*link));
	struct error err = { 0 };
	int status = 0;

	if (link == NULL)
		status = error_set(&err, ERR_NOMEM, "out of memory");
	if (status == 0 && load->runtime != hook->runtime)
		status = error_set(&err, ERR_INVAL, "the hook is another runtime's");
	if (status == 0)
		status = find_prog(load, program, &options.prog, &err);
	if (status == 0)
		status = link_attach(load->runtime->rt, &options, &link->link, &err);
	if (status != 0) {
		mem_free(link);
		return api_fail(&err, error);
	}
	link->runtime = load->runtime;
	api_runtime_ref(link->runtime);
	*ret_link = link;
	return 0;
}

static void give_back_run(struct oriel_run *run, const struct runtime_run *inner)
{
	run->result = inner->result;
	run->duration_ns = inner->duration_ns;
	run->context_size = inner->ctx_len;
	run->data_size = inner->data_len;
}

int oriel_loaded_run(struct oriel_loaded *load, const char *program, struct oriel_run *run,
		     struct oriel_error *error)
{
	struct oriel_run known = { .size = sizeof(known) };
	struct runtime_run inner = { 0 };
	struct runtime_prog *prog = NULL;
	struct error err = { 0 };
	int status = run == NULL ? error_set(&err, ERR_INVAL, "there is no run")
				 : api_take_options(run, &known, "struct oriel_run", &err);

	if (status == 0 && (known.repeat > UINT32_MAX || known.reserved != 0 ||
			    run->size < offsetof(struct oriel_run, data_capacity)))
		status = error_set(&err, ERR_INVAL, "struct oriel_run: repeat, reserved or size");
	if (status == 0)
		status = find_prog(load, program, &prog, &err);
	if (status == 0) {
		inner.ctx = known.context;
		inner.ctx_len = known.context_size;
		inner.data = known.data;
		inner.data_len = known.data_size;
		inner.data_cap = known.data_capacity;
		inner.repeat = (u32)known.repeat;
		inner.batch = known.batch;
		status = runtime_run(prog, &inner, &err);
		if (status == 0 || status == ERR_NOSPC || status == ERR_FAULT || status == ERR_TIME)
			give_back_run(run, &inner);
	}
	return status == 0 ? 0 : api_fail(&err, error);
}

int oriel_loaded_get_program(struct oriel_loaded *load, const char *program,
			     struct oriel_live_program_info *ret_info, struct oriel_error *error)
{
	struct oriel_live_program_info info = { .size = sizeof(info) };
	struct runtime_prog_info inner;
	struct runtime_prog *prog;
	struct error err = { 0 };
	int status = find_prog(load, program, &prog, &err);

	if (status != 0)
		return api_fail(&err, error);
	runtime_prog_info(prog, &inner);
	info.name = prog_core(prog)->name;
	info.type = inner.type;
	info.mode = inner.mode;
	info.runs = inner.runs;
	info.run_ns = inner.run_ns;
	info.id = inner.id;
	info.insn_count = inner.insns;
	info.links = inner.links;
	info.verified = inner.verified;
	status = api_give_info(&info, ret_info);
	if (status != 0)
		error_set(&err, status,
			  "struct oriel_live_program_info: size is not that of the struct");
	return status == 0 ? 0 : api_fail(&err, error);
}
