/* SPDX-License-Identifier: MIT */
/* Text from object files as C: names and strings. It is hostile, so nothing of it reaches the
 * output but through here. */
#include "translate/internal.h"

#include "base/str.h"

static const char *const keywords[] = {
	"auto",
	"break",
	"case",
	"char",
	"const",
	"continue",
	"default",
	"do",
	"double",
	"else",
	"enum",
	"extern",
	"float",
	"for",
	"goto",
	"if",
	"inline",
	"int",
	"long",
	"register",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"struct",
	"switch",
	"typedef",
	"union",
	"unsigned",
	"void",
	"volatile",
	"while",
	"asm",
	"typeof",
	"bool",
	"true",
	"false",
	"main",
	"context",
	"stack",
	"run",
	"run_state",
	"NULL",
	"offsetof",
	"runtime_context",
	"unix",
	"linux",
	"nullptr",
	"constexpr",
	"alignas",
	"alignof",
	"static_assert",
	"thread_local",
	"typeof_unqual",
	"DriverEntry",
	"DllMain",
	"get_metadata_table",
	"memset",
	"GUID",
};

static bool is_taken(const char *text)
{
	for (size_t i = 0; i < ARRAY_COUNT(keywords); i++)
		if (str_eq(text, keywords[i]))
			return true;
	/* The header's own, the compiler's, and the registers. */
	return text[0] == '\0' || text[0] == '_' || (text[0] >= '0' && text[0] <= '9') ||
	       str_starts(text, "bpf2c") || str_starts(text, "BPF2C") || str_starts(text, "Nmr") ||
	       str_starts(text, "Zw") || (text[0] == 'r' && text[1] >= '0' && text[1] <= '9') ||
	       (strlen(text) > 2 && strcmp(text + strlen(text) - 2, "_t") == 0);
}

void name_add(struct strbuf *out, const char *text)
{
	if (is_taken(text))
		strbuf_add(out, "x_");
	for (; *text != '\0'; text++)
		strbuf_add_char(out, str_is_alnum(*text) ? *text : '_');
}

void literal_add(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, '"');
	for (; *text != '\0'; text++) {
		u8 c = (u8)*text;

		/* '?' could begin a trigraph. Octal escapes end after three digits. */
		if (c == '"' || c == '\\' || c == '?')
			strbuf_printf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			strbuf_printf(out, "\\%03o", c);
		else
			strbuf_add_char(out, (char)c);
	}
	strbuf_add_char(out, '"');
}
