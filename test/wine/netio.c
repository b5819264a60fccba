/* SPDX-License-Identifier: MIT */
/* A netio.sys for tests under Wine, which has no Network Module Registrar: it knows one provider,
 * attaches each client to that at once, and writes what it sees of native modules to the file that
 * NMR_LOG names. Wine takes a .sys that imports kernel32 for a DLL, so that this one may. */
#include <windows.h>

#include <stdio.h>

#include "bpf2c.h"

typedef struct {
	USHORT length;
	LONG type;
	GUID guid;
} module_id;

typedef struct {
	USHORT version, size;
	const GUID *npi;
	const module_id *module;
	ULONG number;
	const void *characteristics;
} registration;

typedef struct {
	USHORT version, length;
	LONG (*attach)(void *binding, void *context, const registration *provider);
	LONG (*detach)(void *binding_context);
	void (*cleanup)(void *binding_context);
	registration instance;
} client_characteristics;

static const client_characteristics *the_client;

static void log_line(const char *format, ...)
{
	FILE *file = fopen("C:\\oriel-nmr.txt", "a");
	va_list args;

	if (file == NULL)
		return;
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

static void log_guid(const char *what, const GUID *guid)
{
	log_line("%s %08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x\n", what,
		 (unsigned long)guid->Data1, guid->Data2, guid->Data3, guid->Data4[0],
		 guid->Data4[1], guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5],
		 guid->Data4[6], guid->Data4[7]);
}

__declspec(dllexport) LONG
	NmrRegisterClient(const client_characteristics *client, void *context, void **handle)
{
	static const GUID core = {
		0x5e24d2f5, 0xf799, 0x42c3, { 0xa9, 0x45, 0x87, 0xfe, 0xfd, 0x93, 0x0a, 0x7c }
	};
	module_id id = { sizeof(id), 1, core };
	registration provider = { 0, sizeof(provider), client->instance.npi, &id, 0, NULL };
	LONG status;

	log_line("client length %u of %u\n", client->length, (unsigned)sizeof(*client));
	log_guid("npi", client->instance.npi);
	log_guid("module", &client->instance.module->guid);
	the_client = client;
	*handle = (void *)client;
	status = client->attach((void *)0x1234, context, &provider);
	log_line("attach %08lx\n", (unsigned long)status);
	return 0;
}

__declspec(dllexport) LONG
	NmrClientAttachProvider(void *binding, void *binding_context, const void *client_dispatch,
				void **provider_context, const void **provider_dispatch)
{
	const metadata_table_t *table = client_dispatch;
	program_entry_t *programs;
	map_entry_t *maps;
	size_t count;

	(void)binding_context;
	log_line("binding %p, table of %u\n", binding, (unsigned)table->size);
	table->programs(&programs, &count);
	for (size_t i = 0; i < count; i++)
		log_line("program %s in %s\n", programs[i].program_name, programs[i].section_name);
	table->maps(&maps, &count);
	for (size_t i = 0; i < count; i++)
		log_line("map %s\n", maps[i].name);
	*provider_context = NULL;
	*provider_dispatch = NULL;
	return 0;
}

__declspec(dllexport) LONG NmrDeregisterClient(void *handle)
{
	log_line("deregister %d\n", handle == (void *)the_client);
	return 0x103; /* STATUS_PENDING */
}

__declspec(dllexport) LONG NmrWaitForClientDeregisterComplete(void *handle)
{
	log_line("detach %08lx\n", (unsigned long)the_client->detach(NULL));
	log_line("wait %d\n", handle == (void *)the_client);
	return 0;
}
