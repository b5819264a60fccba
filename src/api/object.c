/* SPDX-License-Identifier: MIT */
/* oriel/object.h: opening and releasing. */
#include "api/api.h"

#include "base/mem.h"
#include "base/str.h"
#include "object/kconfig.h"
#include "os/os.h"

#define FILE_LIMIT ((size_t)256 << 20)
#define BTF_LIMIT  ((size_t)1 << 30)

/* --- target types --- */

/* Takes bytes over, also when it fails. */
static int open_btf(u8 *bytes, size_t len, const char *file, struct oriel_btf **ret_btf,
		    struct error *err)
{
	struct oriel_btf *btf = mem_zalloc(sizeof(*btf));
	int status;

	if (btf == NULL) {
		mem_free(bytes);
		return error_set(err, ERR_NOMEM, "%s: out of memory", file);
	}
	btf->bytes = bytes;
	btf->refs = 1;
	arena_init(&btf->arena, BTF_LIMIT);
	status = object_btf_open(bytes, len, &btf->arena, &btf->btf, err);
	if (status != 0) {
		oriel_btf_free(btf);
		return error_prefix(err, "%s", file);
	}
	*ret_btf = btf;
	return 0;
}

int oriel_btf_open(const void *bytes, size_t byte_count, struct oriel_btf **ret_btf,
		   struct oriel_error *error)
{
	struct error err = { 0 };
	u8 *copy = NULL;
	int status = api_copy(bytes, byte_count, &copy, &err);

	if (status == 0)
		status = open_btf(copy, byte_count, "BTF", ret_btf, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}

int oriel_btf_open_file(const char *path, struct oriel_btf **ret_btf, struct oriel_error *error)
{
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;
	int status = os_file_read(path, FILE_LIMIT, &bytes, &len, &err);

	if (status == 0)
		status = open_btf(bytes, len, path, ret_btf, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}

void api_btf_ref(struct oriel_btf *btf)
{
	if (btf != NULL)
		(void)__atomic_add_fetch(&btf->refs, 1, __ATOMIC_RELAXED);
}

void oriel_btf_free(struct oriel_btf *btf)
{
	if (btf == NULL || __atomic_sub_fetch(&btf->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	arena_fini(&btf->arena);
	mem_free(btf->bytes);
	mem_free(btf);
}

/* --- objects --- */

static int take_options(const struct oriel_object_options *options,
			struct oriel_object_options *known, struct error *err)
{
	int status = api_take_options(options, known, "struct oriel_object_options", err);

	if (status != 0)
		return status;
	if ((unsigned)known->dialect > ORIEL_DIALECT_LINUX)
		return error_set(err, ERR_INVAL, "options: there is no dialect %d",
				 (int)known->dialect);
	if (known->reserved != 0)
		return error_set(err, ERR_INVAL, "options: reserved is not zero");
	return 0;
}

static int open_inner(struct oriel_object *object, size_t len,
		      const struct oriel_object_options *options, struct error *err)
{
	struct object_options inner = {
		.size = sizeof(inner),
		.file = options->file,
		.dialect = (enum dialect)options->dialect,
	};
	struct kconfig kconfig;
	int status = 0;

	kconfig_init(&kconfig);
	if (options->kconfig != NULL) {
		status = kconfig_read(&kconfig, (const u8 *)options->kconfig,
				      strlen(options->kconfig), err);
		if (status != 0)
			(void)error_prefix(err, "options: kconfig");
		inner.kconfig = &kconfig;
	}
	if (object->target_btf != NULL)
		inner.target_btf = &object->target_btf->btf;
	if (status == 0)
		status = object_open(object->bytes, len, &inner, &object->object, err);
	if (status == 0)
		status = object_globals(object->object, &object->globals, &object->global_count,
					err);
	kconfig_fini(&kconfig);
	return status;
}

/* Takes bytes over, also when it fails. */
static int open_object(u8 *bytes, size_t len, const struct oriel_object_options *options,
		       struct oriel_object **ret_object, struct error *err)
{
	struct oriel_object *object = mem_zalloc(sizeof(*object));
	int status;

	if (object == NULL) {
		mem_free(bytes);
		return error_set(err, ERR_NOMEM, "out of memory");
	}
	object->refs = 1;
	object->bytes = bytes;
	object->target_btf = options->target_btf;
	api_btf_ref(object->target_btf);
	status = open_inner(object, len, options, err);
	if (status != 0) {
		oriel_object_free(object);
		return status;
	}
	*ret_object = object;
	return 0;
}

int oriel_object_open(const void *bytes, size_t byte_count,
		      const struct oriel_object_options *options, struct oriel_object **ret_object,
		      struct oriel_error *error)
{
	struct oriel_object_options known = { .size = sizeof(known) };
	struct error err = { 0 };
	u8 *copy = NULL;
	int status = take_options(options, &known, &err);

	if (status == 0)
		status = api_copy(bytes, byte_count, &copy, &err);
	if (status == 0)
		status = open_object(copy, byte_count, &known, ret_object, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}

int oriel_object_open_file(const char *path, const struct oriel_object_options *options,
			   struct oriel_object **ret_object, struct oriel_error *error)
{
	struct oriel_object_options known = { .size = sizeof(known) };
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;
	int status = take_options(options, &known, &err);

	if (known.file == NULL)
		known.file = path;
	if (status == 0)
		status = os_file_read(path, FILE_LIMIT, &bytes, &len, &err);
	if (status == 0)
		status = open_object(bytes, len, &known, ret_object, &err);
	return status == 0 ? 0 : api_fail(&err, error);
}

void api_object_ref(void *object)
{
	(void)__atomic_add_fetch(&((struct oriel_object *)object)->refs, 1, __ATOMIC_RELAXED);
}

void api_object_put(void *object)
{
	oriel_object_free(object);
}

void oriel_object_free(struct oriel_object *object)
{
	if (object == NULL || __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	while (object->programs != NULL) {
		struct oriel_program *program = object->programs;

		object->programs = program->next;
		api_program_free(program);
	}
	object_free(object->object);
	oriel_btf_free(object->target_btf);
	mem_free(object->bytes);
	mem_free(object);
}
