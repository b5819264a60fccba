/* SPDX-License-Identifier: MIT */
/* Reading values of a kernel's configuration. */
#include "base/str.h"
#include "object/kconfig.h"
#include "os/os.h"

#define KCONFIG_MEMORY_LIMIT ((size_t)1 << 30)
#define NUMBER_MAX_LEN	     24

void kconfig_init(struct kconfig *config)
{
	u64 seed;

	os_random(&seed, sizeof(seed));
	*config = (struct kconfig){ 0 };
	arena_init(&config->arena, KCONFIG_MEMORY_LIMIT);
	strmap_init(&config->names, seed);
}

void kconfig_fini(struct kconfig *config)
{
	strmap_fini(&config->names);
	vec_free(&config->values);
	arena_fini(&config->arena);
}

const struct kconfig_value *kconfig_get(const struct kconfig *config, const char *name)
{
	u64 idx;

	return strmap_get(&config->names, name, &idx) ? &config->values.items[idx] : NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_char(char c)
{
	return str_is_alnum(c) || c == '_';
}

static bool starts_with(const char *text, size_t len, const char *prefix)
{
	return len > strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* The name's length; 0 when the line does not begin with NAME=. */
static size_t name_len(const char *line, size_t len)
{
	size_t end = 0;

	if (!starts_with(line, len, "CONFIG_") && !starts_with(line, len, "LINUX_"))
		return 0;
	while (end < len && is_name_char(line[end]))
		end++;
	return end < len && line[end] == '=' ? end : 0;
}

/* text is what stands between the quotes. Only those two characters need a backslash. */
static int read_string(struct kconfig *config, const char *text, size_t len,
		       struct kconfig_value *value, struct error *err)
{
	char *copy = arena_strndup(&config->arena, text, len);

	if (copy == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	*value = (struct kconfig_value){ .kind = KCONFIG_STRING, .text = copy };
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\') {
			if (++i == len || (text[i] != '"' && text[i] != '\\'))
				return error_set(err, ERR_INVAL,
						 "a \\ in the string escapes nothing");
		} else if (text[i] == '"' || text[i] == '\0') {
			return error_set(err, ERR_INVAL, "%s inside of the string",
					 text[i] == '"' ? "a quote" : "a zero byte");
		}
		copy[value->len++] = text[i];
	}
	copy[value->len] = '\0';
	return 0;
}

static bool read_number(const char *text, size_t len, struct kconfig_value *value)
{
	char copy[NUMBER_MAX_LEN + 1];
	s64 number;

	if (len == 0 || len > NUMBER_MAX_LEN)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strlen(copy) != len)
		return false;
	*value = (struct kconfig_value){ .kind = KCONFIG_NUMBER, .is_negative = copy[0] == '-' };
	if (!value->is_negative)
		return str_to_u64(copy, &value->number);
	if (!str_to_s64(copy, &number))
		return false;
	value->number = (u64)number;
	value->is_negative = number < 0;
	return true;
}

static int read_value(struct kconfig *config, const char *text, size_t len,
		      struct kconfig_value *value, struct error *err)
{
	if (len == 1 && (text[0] == 'y' || text[0] == 'm' || text[0] == 'n')) {
		*value = (struct kconfig_value){ .kind = KCONFIG_LETTER, .letter = text[0] };
		return 0;
	}
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		return read_string(config, text + 1, len - 2, value, err);
	if (read_number(text, len, value))
		return 0;
	return error_set(err, ERR_INVAL, "the value is none of y, m, n, a number and a \"string\"");
}

static int set_value(struct kconfig *config, const char *name, size_t len,
		     const struct kconfig_value *value)
{
	const char *copy = arena_strndup(&config->arena, name, len);
	u64 idx;

	if (copy == NULL)
		return ERR_NOMEM;
	if (strmap_get(&config->names, copy, &idx)) {
		config->values.items[idx] = *value;
		return 0;
	}
	if (vec_reserve(&config->values, 1) != 0 ||
	    strmap_put(&config->names, copy, config->values.count) != 0)
		return ERR_NOMEM;
	return vec_push(&config->values, *value);
}

int kconfig_set(struct kconfig *config, const char *line, size_t len, struct error *err)
{
	size_t name = name_len(line, len);
	struct kconfig_value value;
	int status;

	if (name == 0)
		return error_set(err, ERR_INVAL, "not of the form CONFIG_NAME=value");
	status = read_value(config, line + name + 1, len - name - 1, &value, err);
	if (status != 0)
		error_prefix(err, "%.*s", (int)MIN(name, 64), line);
	else if (set_value(config, line, name, &value) != 0)
		status = error_set(err, ERR_NOMEM, "out of memory");
	return status;
}

/* Without blanks around it. */
static int read_line(struct kconfig *config, const char *line, size_t len, struct error *err)
{
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	return len == 0 || *line == '#' ? 0 : kconfig_set(config, line, len, err);
}

int kconfig_read(struct kconfig *config, const u8 *bytes, size_t len, struct error *err)
{
	const char *text = (const char *)bytes;
	u64 number = 1;

	for (size_t at = 0, end; at < len; at = end + 1, number++) {
		end = at;
		while (end < len && text[end] != '\n')
			end++;
		if (read_line(config, text + at, end - at, err) != 0)
			return error_prefix(err, "line %llu", number);
	}
	return 0;
}
