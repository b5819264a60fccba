/* SPDX-License-Identifier: MIT */
/* start_driver DRIVER.sys: installs a native module as a service, starts it, stops it and removes
 * it again, as a loader does: through the service manager, with a GUID of its own in NpiModuleId.
 */
#include <windows.h>

#include <stdio.h>

#define SERVICE "oriel_native_test"
#define KEY	"System\\CurrentControlSet\\Services\\" SERVICE "\\Parameters"

static const BYTE module_id[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static int failed(const char *what)
{
	printf("%s: error %lu\n", what, GetLastError());
	return 1;
}

static int set_value(HKEY root, const char *path, const char *name, DWORD type, const void *value,
		     DWORD size)
{
	HKEY key;
	LSTATUS status = RegCreateKeyExA(root, path, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL);

	if (status == ERROR_SUCCESS) {
		status = RegSetValueExA(key, name, 0, type, value, size);
		RegCloseKey(key);
	}
	SetLastError((DWORD)status);
	return status == ERROR_SUCCESS ? 0 : failed(path);
}

/* The service manager is not always ready when Wine has just begun. */
static BOOL start(SC_HANDLE service)
{
	for (int i = 0; i < 20; i++) {
		DWORD code;

		if (StartServiceA(service, 0, NULL))
			return TRUE;
		code = GetLastError();
		if (code != ERROR_SERVICE_DATABASE_LOCKED && code != ERROR_SERVICE_REQUEST_TIMEOUT)
			return FALSE;
		Sleep(500);
	}
	return FALSE;
}

int main(int argc, char **argv)
{
	static const char native[] = "native,builtin";
	char path[MAX_PATH];
	SERVICE_STATUS status;
	SC_HANDLE manager, service;
	int code = 0;

	if (argc != 2 || GetFullPathNameA(argv[1], sizeof(path), path, NULL) == 0)
		return failed("usage: start_driver DRIVER.sys");
	/* Wine has a netio.sys of its own, in which nothing is. */
	if (set_value(HKEY_CURRENT_USER, "Software\\Wine\\DllOverrides", "netio.sys", REG_SZ,
		      native, sizeof(native)) != 0)
		return 1;
	manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
	if (manager == NULL)
		return failed("OpenSCManager");
	service = OpenServiceA(manager, SERVICE, SERVICE_ALL_ACCESS);
	if (service != NULL) {
		DeleteService(service);
		CloseServiceHandle(service);
	}
	service = CreateServiceA(manager, SERVICE, SERVICE, SERVICE_ALL_ACCESS,
				 SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
				 path, NULL, NULL, NULL, NULL, NULL);
	if (service == NULL)
		return failed("CreateService");
	if (set_value(HKEY_LOCAL_MACHINE, KEY, "NpiModuleId", REG_BINARY, module_id,
		      sizeof(module_id)) != 0)
		code = 1;
	else if (!start(service))
		code = failed("StartService");
	else if (printf("started\n") < 0 || !ControlService(service, SERVICE_CONTROL_STOP, &status))
		code = failed("ControlService");
	else
		printf("stopped\n");
	DeleteService(service);
	CloseServiceHandle(service);
	CloseServiceHandle(manager);
	RegDeleteKeyA(HKEY_LOCAL_MACHINE, KEY);
	return code;
}
