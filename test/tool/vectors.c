/* SPDX-License-Identifier: MIT */
/* vectors DIRECTORY: each conformance vector (*.data) of it as one line
 *
 *     NAME|result|HEX|MEMORY|PROGRAM       NAME|error|TEXT|MEMORY|PROGRAM
 *
 * with memory and program as hexadecimal bytes, in the form that plugins get. A vector that cannot
 * be assembled has "broken" for its kind. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "os/os.h"

enum section { NONE, ASM, RESULT, MEM, RAW, ERROR, IGNORED };

struct vector {
	struct strbuf asm_text, mem, raw, result, error;
	bool has_result, has_error, unknown;
};

/* By substring, in this order, as the public runner does. */
static enum section section_of(const char *line)
{
	static const struct {
		const char *text;
		enum section section;
	} names[] = {
		{ "asm", ASM },
		{ "result", RESULT },
		{ "mem", MEM },
		{ "raw", RAW },
		{ "no register offset", IGNORED },
		{ " c", IGNORED },
		{ "error", ERROR },
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (strstr(line, names[i].text) != NULL)
			return names[i].section;
	return NONE;
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t")] == '\0';
}

static void add_line(struct vector *v, enum section section, const char *line)
{
	switch (section) {
	case ASM: strbuf_printf(&v->asm_text, "%s\n", line); return;
	case MEM: strbuf_printf(&v->mem, "%s ", line); return;
	case RAW: strbuf_printf(&v->raw, "%s\n", line); return;
	case RESULT:
		if (is_blank(line))
			return;
		strbuf_reset(&v->result);
		strbuf_add(&v->result, line + strspn(line, " \t"));
		return;
	case ERROR:
		if (!is_blank(line))
			strbuf_add(&v->error, line);
		return;
	case NONE:
	case IGNORED: return;
	}
}

static void parse(struct vector *v, char *text)
{
	enum section section = NONE;
	char *next;

	for (char *line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		line[strcspn(line, "#\r")] = '\0';
		if (strstr(line, "--") == NULL) {
			add_line(v, section, line);
			continue;
		}
		section = section_of(line);
		v->has_result |= section == RESULT;
		v->has_error |= section == ERROR;
		v->unknown |= section == NONE;
	}
}

static void add_hex(struct strbuf *out, const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		strbuf_printf(out, "%02x  ", bytes[i]);
}

/* Words, each the eight bytes of a slot read as a little-endian number. */
static bool raw_hex(const char *text, struct strbuf *out)
{
	char *end;

	for (;;) {
		unsigned long long word;
		u8 bytes[8];

		text += strspn(text, " \t\n");
		if (*text == '\0')
			return true;
		word = strtoull(text, &end, 0);
		if (end == text)
			return false;
		for (unsigned i = 0; i < 8; i++)
			bytes[i] = (u8)(word >> 8 * i);
		add_hex(out, bytes, sizeof(bytes));
		text = end;
	}
}

static int asm_hex(const struct strbuf *text, struct strbuf *out, struct error *err)
{
	insn_vec insns = { 0 };
	int status = asm_parse(strbuf_str(text), text->len, &insns, err);

	for (size_t i = 0; status == 0 && i < insns.count; i++) {
		u8 bytes[2 * INSN_SLOT_SIZE];

		if (insns.items[i].kind == INSN_LDDW_HIGH)
			continue;
		status = insn_encode(&insns.items[i], bytes, err);
		if (status == 0)
			add_hex(out, bytes, insn_slots(&insns.items[i]) * INSN_SLOT_SIZE);
	}
	vec_free(&insns);
	return status;
}

/* Memory is rewritten from hexadecimal bytes in any spacing. */
static void mem_hex(const char *text, struct strbuf *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == ' ' || *p == '\t')
			continue;
		strbuf_add_char(out, *p);
		if (p[1] != '\0' && p[1] != ' ')
			strbuf_add_char(out, *++p);
		strbuf_add(out, "  ");
	}
}

static void print_vector(const char *name, struct vector *v)
{
	struct strbuf program = STRBUF_INIT, memory = STRBUF_INIT;
	struct error err = { 0 };
	bool ok = v->raw.len > 0 ? raw_hex(v->raw.data, &program)
				 : asm_hex(&v->asm_text, &program, &err) == 0;

	mem_hex(strbuf_str(&v->mem), &memory);
	if (!ok)
		printf("%s|broken|%s||\n", name, err.text);
	else if (v->has_error)
		printf("%s|error|%s|%s|%s\n", name, strbuf_str(&v->error), strbuf_str(&memory),
		       strbuf_str(&program));
	else
		printf("%s|result|%llx|%s|%s\n", name, strtoull(strbuf_str(&v->result), NULL, 0),
		       strbuf_str(&memory), strbuf_str(&program));
	strbuf_fini(&program);
	strbuf_fini(&memory);
}

static int show_file(const char *directory, const char *name)
{
	struct vector v = { 0 };
	struct strbuf path = STRBUF_INIT;
	struct error err = { 0 };
	u8 *text = NULL;
	size_t len;
	int status;

	strbuf_printf(&path, "%s/%s", directory, name);
	status = os_file_read(strbuf_str(&path), 1 << 20, &text, &len, &err);
	if (status == 0) {
		parse(&v, (char *)text);
		if (!v.unknown && (v.has_result || v.has_error))
			print_vector(name, &v);
	} else {
		fprintf(stderr, "vectors: %s\n", err.text);
	}
	mem_free(text);
	strbuf_fini(&path);
	strbuf_fini(&v.asm_text);
	strbuf_fini(&v.mem);
	strbuf_fini(&v.raw);
	strbuf_fini(&v.result);
	strbuf_fini(&v.error);
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_vector(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && str_eq(name + len - 5, ".data");
}

int main(int argc, char **argv)
{
	VEC(char *) names = { 0 };
	struct dirent *entry;
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	int status = 0;

	if (dir == NULL) {
		fprintf(stderr, "Usage: vectors DIRECTORY\n");
		return 2;
	}
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		size_t size = strlen(entry->d_name) + 1;
		char *name = is_vector(entry->d_name) ? mem_alloc(size) : NULL;

		if (name == NULL)
			continue;
		memcpy(name, entry->d_name, size);
		status = vec_push(&names, name);
	}
	closedir(dir);
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items), by_name);
	for (size_t i = 0; i < names.count; i++) {
		if (status == 0)
			status = show_file(argv[1], names.items[i]);
		mem_free(names.items[i]);
	}
	vec_free(&names);
	return status == 0 ? 0 : 2;
}
