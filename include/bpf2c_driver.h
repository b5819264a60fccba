/* SPDX-License-Identifier: MIT */
/* What makes a Windows driver of a native module: it offers its metadata table to the execution
 * context through the Network Module Registrar (NMR), as a client of the network programming
 * interface that native modules attach to. No header of the driver kit is needed: what is used of
 * it is declared here, as Microsoft's documentation of wdm.h and netioddk.h has it.
 *
 * Who loads the module decides by which GUID the NMR knows it: the value NpiModuleId (REG_BINARY,
 * 16 bytes) below the service's key Parameters. So several loads of one file are several modules.
 */
#pragma once

#include "bpf2c.h"

typedef int32_t bpf2c_status_t; /* NTSTATUS */
#define BPF2C_STATUS_SUCCESS	       ((bpf2c_status_t)0)
#define BPF2C_STATUS_PENDING	       ((bpf2c_status_t)0x00000103)
#define BPF2C_STATUS_INVALID_PARAMETER ((bpf2c_status_t)0xC000000D)

typedef struct {
	uint16_t Length, MaximumLength; /* bytes */
	uint16_t *Buffer;
} bpf2c_unicode_t;

typedef struct {
	uint32_t Length;
	void *RootDirectory;
	bpf2c_unicode_t *ObjectName;
	uint32_t Attributes;
	void *SecurityDescriptor;
	void *SecurityQualityOfService;
} bpf2c_object_attributes_t;

typedef struct {
	uint32_t TitleIndex;
	uint32_t Type;
	uint32_t DataLength;
	uint8_t Data[16];
} bpf2c_key_value_t; /* KEY_VALUE_PARTIAL_INFORMATION, with room for a GUID */

typedef struct _bpf2c_driver {
	int16_t Type, Size;
	void *DeviceObject;
	uint32_t Flags;
	void *DriverStart;
	uint32_t DriverSize;
	void *DriverSection;
	void *DriverExtension;
	bpf2c_unicode_t DriverName;
	bpf2c_unicode_t *HardwareDatabase;
	void *FastIoDispatch;
	void *DriverInit;
	void *DriverStartIo;
	void (*DriverUnload)(struct _bpf2c_driver *driver);
	/* MajorFunction[] follows */
} bpf2c_driver_t; /* DRIVER_OBJECT */

typedef struct {
	uint16_t Length;
	int32_t Type; /* MIT_GUID */
	GUID Guid;
} bpf2c_module_id_t; /* NPI_MODULEID */

typedef struct {
	uint16_t Version, Size;
	const GUID *NpiId;
	const bpf2c_module_id_t *ModuleId;
	uint32_t Number;
	const void *NpiSpecificCharacteristics;
} bpf2c_registration_t; /* NPI_REGISTRATION_INSTANCE */

typedef struct {
	uint16_t Version, Length;
	bpf2c_status_t (*ClientAttachProvider)(void *binding, void *context,
					       const bpf2c_registration_t *provider);
	bpf2c_status_t (*ClientDetachProvider)(void *binding_context);
	void (*ClientCleanupBindingContext)(void *binding_context);
	bpf2c_registration_t ClientRegistrationInstance;
} bpf2c_client_t; /* NPI_CLIENT_CHARACTERISTICS */

__attribute__((dllimport)) bpf2c_status_t NmrRegisterClient(const bpf2c_client_t *client,
							    void *context, void **handle);
__attribute__((dllimport)) bpf2c_status_t NmrDeregisterClient(void *handle);
__attribute__((dllimport)) bpf2c_status_t NmrWaitForClientDeregisterComplete(void *handle);
__attribute__((dllimport)) bpf2c_status_t
NmrClientAttachProvider(void *binding, void *binding_context, const void *client_dispatch,
			void **provider_context, const void **provider_dispatch);
__attribute__((dllimport)) bpf2c_status_t ZwOpenKey(void **handle, uint32_t access,
						    const bpf2c_object_attributes_t *attributes);
__attribute__((dllimport)) bpf2c_status_t ZwQueryValueKey(void *handle, const bpf2c_unicode_t *name,
							  int32_t class, void *value, uint32_t size,
							  uint32_t *needed);
__attribute__((dllimport)) bpf2c_status_t ZwClose(void *handle);

/* Where no function of a module keeps anything in vector registers over a call, a host need not
 * save those around each of its own. */
#if defined(__x86_64__)
#define BPF2C_GENERAL_REGS __attribute__((target("general-regs-only")))
#else
#define BPF2C_GENERAL_REGS
#endif

/* {c847aac8-a6f2-4b53-aea3-f4a94b9a80cb}: what native modules and the execution context meet at. */
static const GUID bpf2c_npi_id = {
	0xc847aac8, 0xa6f2, 0x4b53, { 0xae, 0xa3, 0xf4, 0xa9, 0x4b, 0x9a, 0x80, 0xcb }
};
static bpf2c_module_id_t bpf2c_module_id = { sizeof(bpf2c_module_id_t), 1, { 0, 0, 0, { 0 } } };
static void *bpf2c_nmr_handle;
static const void *bpf2c_table;

static bpf2c_status_t bpf2c_attach(void *binding, void *context,
				   const bpf2c_registration_t *provider)
{
	void *provider_context = NULL;
	const void *provider_dispatch = NULL;

	(void)context;
	(void)provider;
	return NmrClientAttachProvider(binding, NULL, bpf2c_table, &provider_context,
				       &provider_dispatch);
}

static bpf2c_status_t bpf2c_detach(void *binding_context)
{
	(void)binding_context;
	return BPF2C_STATUS_SUCCESS;
}

static void bpf2c_unload(bpf2c_driver_t *driver)
{
	(void)driver;
	if (NmrDeregisterClient(bpf2c_nmr_handle) == BPF2C_STATUS_PENDING)
		(void)NmrWaitForClientDeregisterComplete(bpf2c_nmr_handle);
}

BPF2C_GENERAL_REGS
static bpf2c_status_t bpf2c_open_key(void *parent, bpf2c_unicode_t *path, void **handle)
{
	const bpf2c_object_attributes_t attributes = {
		sizeof(bpf2c_object_attributes_t),
		parent,
		path,
		0x240, /* OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE */
		NULL,
		NULL
	};

	return ZwOpenKey(handle, 0x20019 /* KEY_READ */, &attributes);
}

BPF2C_GENERAL_REGS
static bpf2c_status_t bpf2c_read_module_id(bpf2c_unicode_t *registry_path)
{
	static uint16_t parameters[] = { 'P', 'a', 'r', 'a', 'm', 'e', 't', 'e', 'r', 's' };
	static uint16_t value_name[] = { 'N', 'p', 'i', 'M', 'o', 'd', 'u', 'l', 'e', 'I', 'd' };
	bpf2c_unicode_t path = { sizeof(parameters), sizeof(parameters), parameters };
	const bpf2c_unicode_t name = { sizeof(value_name), sizeof(value_name), value_name };
	bpf2c_key_value_t value;
	void *service, *key;
	uint32_t size;
	bpf2c_status_t status = bpf2c_open_key(NULL, registry_path, &service);

	if (status != BPF2C_STATUS_SUCCESS)
		return status;
	status = bpf2c_open_key(service, &path, &key);
	(void)ZwClose(service);
	if (status != BPF2C_STATUS_SUCCESS)
		return status;
	status = ZwQueryValueKey(key, &name, 2 /* KeyValuePartialInformation */, &value,
				 sizeof(value), &size);
	(void)ZwClose(key);
	if (status != BPF2C_STATUS_SUCCESS)
		return status;
	if (value.Type != 3 /* REG_BINARY */ || value.DataLength != sizeof(GUID))
		return BPF2C_STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < sizeof(GUID); i++)
		((uint8_t *)&bpf2c_module_id.Guid)[i] = value.Data[i];
	return BPF2C_STATUS_SUCCESS;
}

BPF2C_GENERAL_REGS
static bpf2c_status_t bpf2c_start(bpf2c_driver_t *driver, bpf2c_unicode_t *registry_path,
				  const void *table)
{
	static const bpf2c_client_t client = {
		0,
		sizeof(bpf2c_client_t),
		bpf2c_attach,
		bpf2c_detach,
		NULL,
		{ 0, sizeof(bpf2c_registration_t), &bpf2c_npi_id, &bpf2c_module_id, 0, NULL },
	};
	bpf2c_status_t status = bpf2c_read_module_id(registry_path);

	if (status != BPF2C_STATUS_SUCCESS)
		return status;
	bpf2c_table = table;
	driver->DriverUnload = bpf2c_unload;
	return NmrRegisterClient(&client, NULL, &bpf2c_nmr_handle);
}

/* The table is exported too, for hosts that have no NMR. */
#define BPF2C_DRIVER(name)                                                                  \
	BPF2C_MEMSET                                                                        \
	BPF2C_EXPORT_TABLE(name)                                                            \
	bpf2c_status_t DriverEntry(bpf2c_driver_t *driver, bpf2c_unicode_t *registry_path); \
	BPF2C_GENERAL_REGS                                                                  \
	bpf2c_status_t DriverEntry(bpf2c_driver_t *driver, bpf2c_unicode_t *registry_path)  \
	{                                                                                   \
		return bpf2c_start(driver, registry_path, &name);                           \
	}
