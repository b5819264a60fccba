/* SPDX-License-Identifier: MIT */
/* What a driver finds when it starts: the few functions of the Windows kernel that module drivers
 * use, played as far as they need it. All that the driver gets to know is a path of the registry
 * and the GUID below it; both say which start it is, so that nothing has to be looked up. */
#include "base/mem.h"
#include "base/str.h"
#include "image/internal.h"

#define STATUS_SUCCESS	  0u
#define STATUS_PENDING	  0x103u
#define STATUS_INVALID	  0xc000000du /* parameter */
#define STATUS_TOO_SMALL  0xc0000023u /* the buffer */
#define STATUS_NOT_FOUND  0xc0000034u /* that name */
#define KEY_VALUE_PARTIAL 2
#define REG_BINARY	  3

struct unicode {
	u16 len, cap; /* bytes */
	const u16 *text;
};
struct object_attributes {
	u32 len;
	void *root;
	const struct unicode *name;
	u32 attributes;
	void *security[2];
};
struct key_value {
	u32 title, type, len;
	u8 data[16];
};
struct driver_object {
	u16 type, size;
	void *device;
	u32 flags;
	const void *start;
	u32 image_size;
	void *section, *extension;
	struct unicode name;
	void *hardware, *fast_io, *init, *start_io, *unload, *major[28];
};
_Static_assert(sizeof(struct driver_object) == 336 && offsetof(struct driver_object, unload) == 104,
	       "DRIVER_OBJECT");

struct module_id {
	u16 len;
	s32 type;
	u8 guid[16];
};
struct registration {
	u16 version, size;
	const void *npi;
	const struct module_id *module;
	u32 number;
	const void *characteristics;
};
typedef MODULE_ABI u32 attach_fn(void *binding, void *context, const struct registration *provider);
typedef MODULE_ABI u32 detach_fn(void *binding_context);
struct client {
	u16 version, len;
	attach_fn *attach;
	detach_fn *detach;
	void *cleanup;
	struct registration registration;
};

/* One call of a driver's entry. */
struct start {
	struct image *image;
	u64 nonce; /* the other half of the GUID */
	u64 table;
	bool is_attached;
};

static const u8 npi_id[16] = { 0xc8, 0xaa, 0x47, 0xc8, 0xf2, 0xa6, 0x53, 0x4b,
			       0xae, 0xa3, 0xf4, 0xa9, 0x4b, 0x9a, 0x80, 0xcb };
static const struct module_id core_id = { sizeof(core_id),
					  1,
					  { 0xf5, 0xf2, 0x24, 0x5e, 0xf7, 0x99, 0xc3, 0x42, 0xa9,
					    0x45, 0x87, 0xfe, 0xef, 0xd9, 0x30, 0xa7 } };

/* --- registry --- */

static const char key_path[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\module_";
#define PATH_PREFIX (sizeof(key_path) - 1)
#define PATH_LEN    (PATH_PREFIX + 16)

static void make_path(const struct start *start, u16 *ret_text)
{
	u64 number = (u64)(uintptr_t)start;

	for (u32 i = 0; i < PATH_PREFIX; i++)
		ret_text[i] = (u8)key_path[i];
	for (u32 i = 0; i < 16; i++)
		ret_text[PATH_PREFIX + i] = (u8) "0123456789abcdef"[number >> (60 - 4 * i) & 15];
}

static struct start *start_of_path(const struct unicode *path)
{
	u64 number = 0;

	if (path == NULL || path->len != PATH_LEN * 2)
		return NULL;
	for (u32 i = 0; i < PATH_PREFIX; i++)
		if (path->text[i] != (u8)key_path[i])
			return NULL;
	for (u32 i = 0; i < 16; i++) {
		u16 c = path->text[PATH_PREFIX + i];
		unsigned digit = c < 128 ? str_digit((char)c) : 16;

		if (digit == 16)
			return NULL;
		number = number << 4 | digit;
	}
	return (struct start *)(uintptr_t)number;
}

static bool is_name(const struct unicode *have, const char *name)
{
	size_t len = strlen(name);

	if (have == NULL || have->len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (have->text[i] != (u8)name[i])
			return false;
	return true;
}

static MODULE_ABI u32 zw_open_key(void **handle, UNUSED u32 access,
				  const struct object_attributes *attributes)
{
	void *found = attributes->root;

	if (found == NULL)
		found = start_of_path(attributes->name);
	else if (!is_name(attributes->name, "Parameters"))
		found = NULL;
	if (found == NULL)
		return STATUS_NOT_FOUND;
	*handle = found;
	return STATUS_SUCCESS;
}

static MODULE_ABI u32 zw_query_value_key(void *handle, const struct unicode *name, s32 class,
					 struct key_value *value, u32 size, u32 *needed)
{
	const struct start *start = handle;

	if (!is_name(name, "NpiModuleId"))
		return STATUS_NOT_FOUND;
	if (class != KEY_VALUE_PARTIAL)
		return STATUS_INVALID;
	*needed = sizeof(*value);
	if (size < sizeof(*value))
		return STATUS_TOO_SMALL;
	*value = (struct key_value){ .type = REG_BINARY, .len = sizeof(value->data) };
	memcpy(value->data, &start, 8);
	memcpy(value->data + 8, &start->nonce, 8);
	return STATUS_SUCCESS;
}

static MODULE_ABI u32 zw_close(UNUSED void *handle)
{
	return STATUS_SUCCESS;
}

/* --- Network Module Registrar --- */

static MODULE_ABI u32 nmr_register_client(const struct client *client, void *context, void **handle)
{
	static const struct registration provider = { .size = sizeof(provider),
						      .npi = npi_id,
						      .module = &core_id };
	struct start *start;
	u64 nonce;
	u32 status;

	if (memcmp(client->registration.npi, npi_id, sizeof(npi_id)) != 0)
		return STATUS_INVALID;
	memcpy(&start, client->registration.module->guid, 8);
	memcpy(&nonce, client->registration.module->guid + 8, 8);
	if (start == NULL || start->nonce != nonce)
		return STATUS_NOT_FOUND;
	*handle = start->image;
	status = client->attach(start, context, &provider);
	return status == STATUS_SUCCESS && start->is_attached ? STATUS_SUCCESS : STATUS_INVALID;
}

static MODULE_ABI u32 nmr_client_attach_provider(void *binding, UNUSED void *binding_context,
						 const void *dispatch, void **provider_context,
						 const void **provider_dispatch)
{
	struct start *start = binding;

	start->table = (u64)(uintptr_t)dispatch;
	start->is_attached = true;
	*provider_context = NULL;
	*provider_dispatch = NULL;
	return STATUS_SUCCESS;
}

static MODULE_ABI u32 nmr_deregister_client(UNUSED void *handle)
{
	return STATUS_PENDING;
}

static MODULE_ABI u32 nmr_wait(UNUSED void *handle)
{
	return STATUS_SUCCESS;
}

/* --- and what compilers and habits bring along --- */

static MODULE_ABI void rtl_init_unicode_string(struct unicode *string, const u16 *text)
{
	u16 len = 0;

	while (text != NULL && len < UINT16_MAX / 2 - 1 && text[len] != 0)
		len++;
	*string = (struct unicode){ (u16)(2 * len), (u16)(text != NULL ? 2 * len + 2 : 0), text };
}

static MODULE_ABI u32 dbg_print(void)
{
	return STATUS_SUCCESS;
}

static MODULE_ABI u32 c_specific_handler(void)
{
	return 1; /* not handled here; nothing unwinds */
}

static MODULE_ABI void *mem_copy(void *to, const void *from, size_t len)
{
	return memmove(to, from, len);
}

static MODULE_ABI void *mem_set(void *to, int byte, size_t len)
{
	return memset(to, byte, len);
}

static MODULE_ABI int mem_compare(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len);
}

static bool is_library(const char *have, const char *name)
{
	for (; *have != '\0' && *name != '\0'; have++, name++) {
		char c = *have >= 'A' && *have <= 'Z' ? (char)(*have - 'A' + 'a') : *have;

		if (c != *name)
			return false;
	}
	return *have == *name;
}

#define ROW(dll, name, function)                      \
	{                                             \
		dll, name, (u64)(uintptr_t)(function) \
	}

u64 image_find_import(const char *dll, const char *name)
{
	const struct {
		const char *dll, *name;
		u64 address;
	} rows[] = {
		ROW("netio.sys", "NmrRegisterClient", nmr_register_client),
		ROW("netio.sys", "NmrDeregisterClient", nmr_deregister_client),
		ROW("netio.sys", "NmrWaitForClientDeregisterComplete", nmr_wait),
		ROW("netio.sys", "NmrClientAttachProvider", nmr_client_attach_provider),
		ROW("ntoskrnl.exe", "ZwOpenKey", zw_open_key),
		ROW("ntoskrnl.exe", "ZwQueryValueKey", zw_query_value_key),
		ROW("ntoskrnl.exe", "ZwClose", zw_close),
		ROW("ntoskrnl.exe", "RtlInitUnicodeString", rtl_init_unicode_string),
		ROW("ntoskrnl.exe", "DbgPrint", dbg_print),
		ROW("ntoskrnl.exe", "DbgPrintEx", dbg_print),
		ROW("ntoskrnl.exe", "__C_specific_handler", c_specific_handler),
		ROW("ntoskrnl.exe", "memcpy", mem_copy),
		ROW("ntoskrnl.exe", "memmove", mem_copy),
		ROW("ntoskrnl.exe", "memset", mem_set),
		ROW("ntoskrnl.exe", "memcmp", mem_compare),
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (str_eq(name, rows[i].name) && is_library(dll, rows[i].dll))
			return rows[i].address;
	return 0;
}

/* --- a driver's life --- */

typedef MODULE_ABI u32 entry_fn(struct driver_object *driver, const struct unicode *path);
typedef MODULE_ABI void unload_fn(struct driver_object *driver);

static struct driver_object driver_of(const struct image *image)
{
	return (struct driver_object){ .type = 4,
				       .size = sizeof(struct driver_object),
				       .start = image->code.mem,
				       .image_size = (u32)image->code.size,
				       .unload = image->unload };
}

int image_start_driver(struct image *image, u64 *ret_table, struct error *err)
{
	struct start start = { .image = image };
	struct driver_object driver = driver_of(image);
	const u8 *at = image->code.mem + image->entry;
	u16 text[PATH_LEN];
	const struct unicode path = { sizeof(text), sizeof(text), text };
	entry_fn *entry;
	u32 status;

	os_random(&start.nonce, sizeof(start.nonce));
	make_path(&start, text);
	memcpy(&entry, &at, sizeof(entry));
	status = entry(&driver, &path);
	if (status != STATUS_SUCCESS)
		return error_set(err, ERR_NOEXEC, "the driver does not start: status 0x%x", status);
	if (driver.unload != NULL && !image_has_code(image, (u64)(uintptr_t)driver.unload))
		return error_set(err, ERR_NOEXEC,
				 "the driver's unload function is not in the image's code");
	image->unload = driver.unload;
	if (!start.is_attached)
		return error_set(err, ERR_NOEXEC,
				 "the driver does not register as a native module");
	*ret_table = start.table;
	return 0;
}

void image_stop_driver(struct image *image)
{
	struct driver_object driver;
	unload_fn *unload;

	if (image->unload == NULL || image->code.view != NULL)
		return;
	driver = driver_of(image);
	memcpy(&unload, &image->unload, sizeof(unload));
	unload(&driver);
	image->unload = NULL;
}
