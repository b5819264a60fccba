/* SPDX-License-Identifier: MIT */
/* negatives: encodings that must be refused, one line a form and field (the unit test isa_decode
 * tries all values)
 *
 *     NAME|FIELD|PROGRAM
 *
 * with the program as hexadecimal bytes and the field as the error has to name it. */
#include <stdio.h>

#include "base/str.h"
#include "isa_negatives.h"

struct printer {
	char last_form[100];
	const char *last_field;
};

/* Up to the value: "name: field=3" and the like. */
static size_t form_len(const char *name)
{
	size_t len = strlen(name);

	while (len > 0 && name[len] != ' ' && name[len] != '=')
		len--;
	return len;
}

static void print_negative(void *arg, const char *name, const u8 *bytes, size_t slots,
			   const char *field)
{
	struct printer *printer = arg;
	size_t len = form_len(name);
	bool same = strncmp(printer->last_form, name, len) == 0 && printer->last_form[len] == 0 &&
		    printer->last_field != NULL && str_eq(printer->last_field, field);

	if (same)
		return;
	printer->last_field = field;
	snprintf(printer->last_form, sizeof(printer->last_form), "%.*s", (int)len, name);
	printf("%s|%s|", name, field);
	for (size_t i = 0; i < slots * INSN_SLOT_SIZE; i++)
		printf("%02x ", bytes[i]);
	/* Nothing else is wrong: the program ends. */
	printf("95 00 00 00 00 00 00 00\n");
}

int main(void)
{
	struct printer printer = { .last_field = NULL };

	negatives_each(print_negative, &printer);
	return 0;
}
