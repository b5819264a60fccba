/* SPDX-License-Identifier: MIT */
/* Lines of fields. */
#include "live/fields.h"

u32 fields_split(char *text, size_t len, const char **ret_fields, u32 room)
{
	u32 count = 0;

	ret_fields[count++] = text;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\t' && count < room) {
			text[i] = '\0';
			ret_fields[count++] = text + i + 1;
		} else if (((u8)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f) {
			text[i] = '?';
		}
	}
	return count;
}
