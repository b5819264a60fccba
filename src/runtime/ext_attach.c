/* SPDX-License-Identifier: MIT */
/* Attach types that are an extension's own: what they are called, which sections mean them, and the
 * rows that say so. A row points to a program type, maybe of another provider, so rows are made of
 * all providers at once. */
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

#define NAME_MAX_LEN 63

/* --- names --- */

static int check_name(const char *name, const char *what, struct error *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN)
		return error_set(err, ERR_INVAL, "%s of %zu characters", what, len);
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':' || name[i] == '@' ||
		    name[i] == '?')
			return error_set(err, ERR_INVAL, "%s has other than letters", what);
	return 0;
}

int attach_take_names(const struct runtime *rt, struct provider *provider, struct error *err)
{
	const char *name = provider->attach.name, *section = provider->attach.section;
	size_t name_len, section_len;
	int r;

	if (name == NULL)
		return section == NULL ? 0
				       : error_set(err, ERR_INVAL,
						   "a section of an attach type without a name");
	if (section == NULL)
		section = name;
	r = check_name(name, "an attach type's name", err);
	if (r == 0)
		r = check_name(section, "a section's name", err);
	if (r == 0 && spec_find_attach(NULL, rt->dialect, name) != NULL)
		r = error_set(err, ERR_EXIST, "there is another attach type '%s'", name);
	if (r == 0 && spec_find_section(NULL, rt->dialect, section) != NULL)
		r = error_set(err, ERR_EXIST, "section '%s' means something else", section);
	if (r != 0)
		return r;
	name_len = strlen(name) + 1;
	section_len = strlen(section) + 1;
	provider->attach_names = mem_alloc(name_len + section_len);
	if (provider->attach_names == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a hook's name");
	memcpy(provider->attach_names, name, name_len);
	memcpy(provider->attach_names + name_len, section, section_len);
	provider->attach.name = provider->attach_names;
	provider->attach.section = provider->attach_names + name_len;
	return 0;
}

int attach_check_names(const struct runtime *rt, const struct provider *provider, struct error *err)
{
	for (const struct provider *p = rt->providers; p != NULL; p = p->next) {
		if (provider->attach_names == NULL || p->attach_names == NULL)
			continue;
		if (str_eq(p->attach.name, provider->attach.name))
			return error_set(err, ERR_EXIST, "somebody else provides attach type '%s'",
					 p->attach.name);
		if (str_eq(p->attach.section, provider->attach.section))
			return error_set(err, ERR_EXIST, "section '%s' means somebody else's hook",
					 p->attach.section);
	}
	return 0;
}

/* --- rows --- */

static u32 count_rows(const struct runtime *rt)
{
	u32 count = 0;

	for (const struct provider *p = rt->providers; p != NULL; p = p->next)
		count += p->attach_names != NULL;
	return count;
}

static const struct spec_prog_type *type_of(const struct spec *spec, const struct guid *guid)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++)
		if (guid_equal(&type->guid, guid))
			break;
	return type;
}

static int add_row(struct spec *spec, struct arena *arena, enum dialect dialect,
		   const struct provider *hook)
{
	const struct spec_prog_type *type = type_of(spec, &hook->attach.supported_program_type);
	struct spec_attach_type *attach = arena_alloc(arena, sizeof(*attach));
	struct spec_section *section = arena_alloc(arena, sizeof(*section));

	if (attach == NULL || section == NULL)
		return ERR_NOMEM;
	attach->name = arena_strndup(arena, hook->attach.name, strlen(hook->attach.name));
	section->prefix = arena_strndup(arena, hook->attach.section, strlen(hook->attach.section));
	if (attach->name == NULL || section->prefix == NULL)
		return ERR_NOMEM;
	attach->dialect = section->dialect = dialect;
	attach->number = hook->attach.bpf_attach_type;
	attach->guid = hook->id;
	spec->attach_types[spec->attach_count++] = attach;
	section->type = type;
	section->attach = attach;
	/* Programs of any type may be attached there: sections do not tell theirs. */
	if (type != NULL)
		spec->sections[spec->section_count++] = section;
	return 0;
}

/* Memory of rows, which sets share as a part: rows of one set may be found in another. */
static struct spec *new_part(void)
{
	struct spec *part = mem_zalloc(sizeof(*part));

	if (part == NULL)
		return NULL;
	part->refs = 1;
	part->arena = mem_zalloc(sizeof(*part->arena));
	if (part->arena == NULL) {
		mem_free(part);
		return NULL;
	}
	arena_init(part->arena, 0);
	return part;
}

int attach_add_rows(const struct runtime *rt, struct spec *spec)
{
	size_t count = (size_t)count_rows(rt) + 1;
	struct spec *part = new_part();
	int r = 0;

	if (part == NULL)
		return ERR_NOMEM;
	spec->parts[spec->part_count++] = part;
	spec->attach_types = arena_array(spec->arena, count, sizeof(void *));
	spec->sections = arena_array(spec->arena, count, sizeof(void *));
	if (spec->attach_types == NULL || spec->sections == NULL)
		return ERR_NOMEM;
	for (const struct provider *p = rt->providers; r == 0 && p != NULL; p = p->next)
		if (p->attach_names != NULL)
			r = add_row(spec, part->arena, rt->dialect, p);
	return r;
}

/* --- who is there --- */

bool runtime_has_hook(struct runtime *rt, const struct guid *attach_type)
{
	struct provider *hook;

	os_mutex_take(&rt->admin);
	hook = provider_find(rt, PROVIDER_HOOK, attach_type);
	os_mutex_give(&rt->admin);
	provider_put(hook);
	return hook != NULL;
}

bool provider_is_attached(struct runtime *rt, const struct provider *hook)
{
	bool attached;

	os_mutex_take(&rt->admin);
	attached = hook->links != NULL;
	os_mutex_give(&rt->admin);
	return attached;
}
