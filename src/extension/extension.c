/* SPDX-License-Identifier: MIT */
/* Libraries: loading them, what they say of themselves, their instances. */
#include "base/mem.h"
#include "base/str.h"
#include "extension/internal.h"
#include "os/os.h"

/* --- what a library says of itself --- */

static bool is_name(const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if ((text[i] < 'a' || text[i] > 'z') && (text[i] < '0' || text[i] > '9') &&
		    text[i] != '-' && text[i] != '_')
			return false;
	return true;
}

static bool is_printable(const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static int take_text(const char *from, char *to, size_t room, const char *what, struct error *err)
{
	size_t len = 0;

	if (from == NULL)
		return error_set(err, ERR_NOEXEC, "it does not say its %s", what);
	while (len < room && from[len] != '\0')
		len++;
	if (len == 0 || len == room)
		return error_set(err, ERR_NOEXEC, "its %s has %s characters", what,
				 len == 0 ? "no" : "too many");
	memcpy(to, from, len + 1);
	if (!is_printable(to))
		return error_set(err, ERR_NOEXEC, "its %s has other than letters", what);
	return 0;
}

static int take_table(struct extension *extension, const struct oriel_extension *from,
		      struct error *err)
{
	struct oriel_extension *table = &extension->table;
	int r;

	if (from == NULL)
		r = error_set(err, ERR_NOEXEC, "it is for another version of oriel");
	else
		r = ext_take(from, table, sizeof(*table), "its table", err);
	if (r == 0)
		r = take_text(table->name, extension->name, sizeof(extension->name), "name", err);
	if (r == 0 && !is_name(extension->name))
		r = error_set(err, ERR_NOEXEC, "its name is not of a to z, digits, - and _");
	if (r == 0)
		r = take_text(table->version, extension->version, sizeof(extension->version),
			      "version", err);
	if (r == 0)
		r = take_text(table->summary, extension->summary, sizeof(extension->summary),
			      "summary", err);
	if (r == 0 && table->dialect != ORIEL_EXT_WINDOWS && table->dialect != ORIEL_EXT_LINUX)
		r = error_set(err, ERR_NOEXEC, "dialect %u", table->dialect);
	if (r == 0 && (table->start == NULL || table->reserved != 0))
		r = error_set(err, ERR_NOEXEC, "it does not start");
	if (r != 0)
		return error_prefix(err, "%s", extension->path);
	extension->info = (struct extension_info){
		.path = extension->path,
		.name = extension->name,
		.version = extension->version,
		.summary = extension->summary,
		.dialect = table->dialect == ORIEL_EXT_LINUX ? DIALECT_LINUX : DIALECT_WINDOWS,
		.has_events = table->run != NULL,
	};
	return 0;
}

/* --- opening and closing --- */

static void fini(struct extension *extension)
{
	if (extension->library != NULL)
		os_library_close(extension->library);
	mem_free(extension->path);
	mem_free(extension);
}

static int new_extension(const char *path, struct extension **ret_extension, struct error *err)
{
	struct extension *extension = mem_zalloc(sizeof(*extension));
	size_t len = strlen(path) + 1;

	if (extension != NULL)
		extension->path = mem_alloc(len);
	if (extension == NULL || extension->path == NULL) {
		mem_free(extension);
		return error_set(err, ERR_NOMEM, "no memory for an extension");
	}
	memcpy(extension->path, path, len);
	*ret_extension = extension;
	return 0;
}

int extension_open_entry(const char *path, oriel_extension_entry_fn entry,
			 struct extension **ret_extension, struct error *err)
{
	struct extension *extension = NULL;
	int r = new_extension(path, &extension, err);

	if (r == 0)
		r = take_table(extension, entry(&extension_host), err);
	if (r == 0)
		*ret_extension = extension;
	else if (extension != NULL)
		fini(extension);
	return r;
}

static int load(struct extension *extension, struct error *err)
{
	oriel_extension_entry_fn entry;
	int r = os_library_open(extension->path, &extension->library, err);

	if (r != 0)
		return r;
	*(void **)(void *)&entry = os_library_symbol(extension->library, ORIEL_EXTENSION_ENTRY);
	if (entry == NULL)
		return error_set(err, ERR_NOEXEC,
				 "%s: no extension: it has no function " ORIEL_EXTENSION_ENTRY,
				 extension->path);
	return take_table(extension, entry(&extension_host), err);
}

int extension_open(const char *path, struct extension **ret_extension, struct error *err)
{
	struct extension *extension = NULL;
	char *real = NULL;
	int r = os_file_trusted(path, &real, err);

	if (r == 0)
		r = new_extension(real, &extension, err);
	if (r == 0)
		r = load(extension, err);
	mem_free(real);
	if (r == 0)
		*ret_extension = extension;
	else if (extension != NULL)
		fini(extension);
	return r;
}

int extension_close(struct extension *extension, struct error *err)
{
	if (extension == NULL)
		return 0;
	if (__atomic_load_n(&extension->instances, __ATOMIC_ACQUIRE) != 0)
		return error_set(err, ERR_BUSY, "extension %s is in use", extension->name);
	fini(extension);
	return 0;
}

const struct extension_info *extension_info(const struct extension *extension)
{
	return &extension->info;
}

/* --- instances --- */

/* *ret_started: it has to be freed, whatever else is wrong. */
static int call_start(struct extension_instance *instance, bool *ret_started, struct error *err)
{
	const struct extension *extension = instance->extension;
	struct error said = { 0 };
	int r;

	instance->is_open = true;
	r = extension->table.start(&extension_host, (struct oriel_ext_registry *)instance,
				   &instance->arg, &said);
	instance->is_open = false;
	*ret_started = r == 0;
	if (instance->refused.status != 0)
		return error_set(err, instance->refused.status, "extension %s: %s", extension->name,
				 instance->refused.text);
	if (r != 0)
		return error_set(err, r < 0 && r > -4096 ? r : ERR_INVAL, "extension %s: %s",
				 extension->name,
				 said.text[0] != '\0' ? said.text : "it did not start");
	if (instance->registered == NULL)
		return error_set(err, ERR_INVAL, "extension %s: it has registered nothing",
				 extension->name);
	return 0;
}

static void free_instance(struct extension_instance *instance, bool started)
{
	registered_free(instance);
	if (started && instance->extension->table.free != NULL)
		instance->extension->table.free(instance->arg);
	mem_free(instance);
}

int extension_start(struct extension *extension, struct runtime *rt,
		    struct extension_instance **ret_instance, struct error *err)
{
	struct extension_instance *instance;
	bool started;
	int r;

	if (runtime_dialect(rt) != extension->info.dialect)
		return error_set(err, ERR_NOTSUP, "extension %s is for programs of the %s dialect",
				 extension->name, dialect_name(extension->info.dialect));
	instance = mem_zalloc(sizeof(*instance));
	if (instance == NULL)
		return error_set(err, ERR_NOMEM, "no memory for an extension");
	instance->extension = extension;
	instance->rt = rt;
	instance->stopping = -1;
	r = call_start(instance, &started, err);
	if (r != 0) {
		free_instance(instance, started);
		return r;
	}
	__atomic_add_fetch(&extension->instances, 1, __ATOMIC_RELAXED);
	*ret_instance = instance;
	return 0;
}

int extension_stop(struct extension_instance *instance, struct error *err)
{
	struct extension *extension;

	if (instance == NULL)
		return 0;
	extension = instance->extension;
	if (registered_is_attached(instance))
		return error_set(err, ERR_BUSY, "programs are attached to hooks of extension %s",
				 extension->name);
	if (extension->table.stop != NULL)
		extension->table.stop(instance->arg);
	free_instance(instance, true);
	__atomic_sub_fetch(&extension->instances, 1, __ATOMIC_RELEASE);
	return 0;
}

/* --- what programs of theirs may do --- */

static int spec_of(struct extension *const *extensions, u32 count, enum dialect dialect,
		   struct spec **ret_spec, struct error *err)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 1 };
	struct extension_instance **instances =
		mem_zalloc_array((size_t)count + 1, sizeof(struct extension_instance *));
	struct runtime *rt = NULL;
	int r = instances == NULL ? error_set(err, ERR_NOMEM, "no memory for extensions")
				  : runtime_new(&options, &rt, err);

	for (u32 i = 0; r == 0 && i < count; i++)
		if (extensions[i]->info.dialect == dialect)
			r = extension_start(extensions[i], rt, &instances[i], err);
	if (r == 0)
		r = runtime_spec(rt, ret_spec, err);
	for (u32 i = count; i-- > 0 && instances != NULL;)
		(void)!extension_stop(instances[i], NULL);
	mem_free(instances);
	runtime_free(rt);
	return r;
}

int extension_spec(struct extension *const *extensions, u32 count, struct spec **ret_spec,
		   struct error *err)
{
	struct spec *parts[2] = { 0 };
	int r = spec_of(extensions, count, DIALECT_WINDOWS, &parts[0], err);

	if (r == 0)
		r = spec_of(extensions, count, DIALECT_LINUX, &parts[1], err);
	if (r == 0)
		r = spec_join(parts[0], parts[1], ret_spec);
	if (r == ERR_NOMEM)
		error_set(err, r, "no memory for what extensions add");
	spec_put(parts[0]);
	spec_put(parts[1]);
	return r;
}
