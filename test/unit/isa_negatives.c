/* SPDX-License-Identifier: MIT */
/* isa-negatives: prints each encoding that must be refused as "NAME HEX FIELD", for tests of
 * programs that take bytes. FIELD, which the error names, is the rest of the line. */
#include "isa_negatives.h"

static void print_negative(void *arg, const char *name, const u8 *bytes, size_t slots,
			   const char *field)
{
	FILE *out = arg;

	fprintf(out, "%s ", name);
	for (size_t i = 0; i < slots * INSN_SLOT_SIZE; i++)
		fprintf(out, "%02x", bytes[i]);
	fprintf(out, " %s\n", field);
}

int main(void)
{
	negatives_each(print_negative, stdout);
	return fflush(stdout) != 0;
}
