/* SPDX-License-Identifier: MIT */
/* Any text as a kernel's configuration: what is read can be found again. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "object/kconfig.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_value(const struct kconfig_value *value)
{
	switch (value->kind) {
	case KCONFIG_LETTER: require(strchr("ymn", value->letter) != NULL); break;
	case KCONFIG_NUMBER: require(!value->is_negative || value->number >> 63 == 1); break;
	case KCONFIG_STRING: require(strlen(value->text) == value->len); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kconfig config;
	struct error err = { 0 };
	int status;

	kconfig_init(&config);
	status = kconfig_read(&config, data, size, &err);
	require(status == 0 || (status == ERR_INVAL && strncmp(err.text, "line ", 5) == 0));
	require(config.values.count == config.names.count);
	for (size_t i = 0; i < config.values.count; i++)
		check_value(&config.values.items[i]);
	kconfig_fini(&config);
	return 0;
}
