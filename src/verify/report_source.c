/* SPDX-License-Identifier: MIT */
/* Names out of source lines: just enough of C for expressions that stand in one line. */
#include "verify/report_source.h"

#include "base/str.h"

#define MAX_TEXT 60 /* longer ones tell nobody more */

static bool is_name_char(char c)
{
	return str_is_alnum(c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct source_text piece(const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	return (struct source_text){ start, (size_t)(end - start) };
}

bool source_is_name(const struct source_text *text)
{
	if (text->len == 0 || (text->at[0] >= '0' && text->at[0] <= '9'))
		return false;
	for (size_t i = 0; i < text->len; i++)
		if (!is_name_char(text->at[i]))
			return false;
	return true;
}

static bool is_keyword(const struct source_text *text)
{
	static const char *const words[] = { "return",	 "if",	    "while",  "for",
					     "do",	 "else",    "switch", "sizeof",
					     "asm",	 "__asm__", "goto",   "case",
					     "volatile", "const",   "struct", "unsigned" };

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strlen(words[i]) == text->len && memcmp(words[i], text->at, text->len) == 0)
			return true;
	return false;
}

/* Back over a group that ends in close; NULL: it does not begin in this line. */
static const char *group_start(const char *line, const char *end)
{
	char close = end[-1], open = close == ']' ? '[' : '(';
	u32 depth = 0;

	while (end > line) {
		end--;
		if (*end == close)
			depth++;
		else if (*end == open && --depth == 0)
			return end;
	}
	return NULL;
}

static const char *group_end(const char *at)
{
	char open = *at, close = open == '[' ? ']' : ')';
	u32 depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == open)
			depth++;
		else if (*at == close && --depth == 0)
			return at + 1;
	}
	return NULL;
}

static const char *name_start(const char *line, const char *end)
{
	while (end > line && is_name_char(end[-1]))
		end--;
	return end;
}

static const char *name_end(const char *at)
{
	while (is_name_char(*at))
		at++;
	return at;
}

static const char *skip_back(const char *line, const char *end)
{
	while (end > line && is_blank(end[-1]))
		end--;
	return end;
}

/* The start of the chain of members and elements that ends at end; NULL: it is more than that. */
static const char *chain_start(const char *line, const char *end)
{
	for (;;) {
		const char *start;

		while (end > line && end[-1] == ']') {
			end = group_start(line, end);
			if (end == NULL)
				return NULL;
		}
		start = name_start(line, end);
		if (start == end)
			return NULL;
		if (start > line && start[-1] == '.')
			end = start - 1;
		else if (start > line + 1 && start[-1] == '>' && start[-2] == '-')
			end = start - 2;
		else
			return start;
	}
}

/* The end of the chain whose first name starts at at; NULL: it is a call. */
static const char *chain_end(const char *at)
{
	for (;;) {
		at = name_end(at);
		while (*at == '[') {
			at = group_end(at);
			if (at == NULL)
				return NULL;
		}
		if (*at == '.' && is_name_char(at[1]))
			at++;
		else if (*at == '-' && at[1] == '>' && is_name_char(at[2]))
			at += 2;
		else
			return *at == '(' ? NULL : at;
	}
}

/* Where the chain ends that is assigned to, or changed, at `at`; NULL: nothing is. */
static const char *assigned_end(const char *line, const char *at)
{
	bool is_step = (at[0] == '+' || at[0] == '-') && at[1] == at[0];

	if (at[0] == '[')
		return skip_back(line, at);
	if (is_step || (at[0] == '=' && at[1] != '=') ||
	    (strchr("+-*/%&|^<>", at[0]) != NULL && strchr("=<>", at[1]) != NULL))
		return skip_back(line, at);
	return NULL;
}

static bool take(const char *line, const char *start, const char *end, struct source_access *ret)
{
	const char *open = end;

	if (start == NULL || end == NULL)
		return false;
	ret->base = piece(start, name_end(start));
	ret->whole = piece(start, end);
	ret->index = (struct source_text){ NULL, 0 };
	if (end[-1] == ']')
		open = group_start(line, end);
	if (open != NULL && open < end)
		ret->index = piece(open + 1, end - 1);
	if (ret->index.len > MAX_TEXT / 2)
		ret->index.len = 0;
	return source_is_name(&ret->base) && !is_keyword(&ret->base) && ret->whole.len <= MAX_TEXT;
}

bool source_access(const struct prog_line *line, struct source_access *ret)
{
	const char *text, *at, *end;

	if (line == NULL || line->col == 0 || line->col > strlen(line->text))
		return false;
	text = line->text;
	at = text + line->col - 1;
	if (is_name_char(*at)) {
		end = chain_end(name_start(text, at));
		return end != NULL && take(text, chain_start(text, end), end, ret);
	}
	end = assigned_end(text, at);
	if (end != NULL && end > text) {
		/* (type)expression = ... : what is cast comes last. */
		while (end > text && end[-1] == ')')
			end = skip_back(text, end - 1);
		return take(text, chain_start(text, end), end, ret);
	}
	if (*at != '*' && *at != '&' && *at != '(')
		return false;
	while (*at == '*' || *at == '&' || is_blank(*at))
		at++;
	while (*at == '(') {
		at = group_end(at);
		if (at == NULL)
			return false;
		while (*at == '*' || *at == '&' || is_blank(*at))
			at++;
	}
	end = chain_end(at);
	return end != NULL && end > at && take(text, at, end, ret);
}

struct source_text source_value(const struct prog_line *line)
{
	const struct source_text none = { NULL, 0 };
	const char *at;
	struct source_text value;

	if (line == NULL || line->col == 0 || line->col > strlen(line->text))
		return none;
	at = line->text + line->col - 1;
	if (*at++ != '=')
		return none;
	while (is_blank(*at))
		at++;
	while (at != NULL && *at == '(')
		at = group_end(at);
	if (at == NULL)
		return none;
	value = piece(at, at + strcspn(at, ";"));
	return source_is_name(&value) ? value : none;
}

struct source_text source_divisor(const struct prog_line *line)
{
	const struct source_text none = { NULL, 0 };
	const char *at, *end;

	if (line == NULL || line->col == 0 || line->col > strlen(line->text))
		return none;
	at = line->text + line->col - 1;
	if (*at != '/' && *at != '%')
		return none;
	at += at[1] == '=' ? 2 : 1;
	while (is_blank(*at))
		at++;
	end = is_name_char(*at) ? chain_end(at) : NULL;
	return end != NULL ? piece(at, end) : none;
}

struct source_text source_assigned(const struct prog_line *line)
{
	const struct source_text none = { NULL, 0 };
	const char *text = line->text, *end = text, *start;

	while (*end != '\0' && (*end != '=' || end[1] == '='))
		end += *end == '=' ? 2 : 1;
	if (*end == '\0' || end == text || strchr("!<>+-*/%&|^", end[-1]) != NULL)
		return none;
	end = skip_back(text, end);
	start = name_start(text, end);
	/* Members and elements have longer names than one word. */
	if (start == end || (*start >= '0' && *start <= '9') ||
	    (start > text && (start[-1] == '.' || start[-1] == '>')))
		return none;
	return (struct source_text){ start, (size_t)(end - start) };
}

struct source_text source_argument(const struct prog_line *line, const char *name, u32 n)
{
	const struct source_text none = { NULL, 0 };
	const char *at = strstr(line->text, name), *start;
	struct source_text arg;

	if (at == NULL || at[strlen(name)] != '(')
		return none;
	at += strlen(name) + 1;
	for (start = at; *at != '\0'; at++) {
		if (*at == '(' || *at == '[') {
			const char *end = group_end(at);

			if (end == NULL)
				return none;
			at = end - 1;
			continue;
		}
		if (*at != ',' && *at != ')')
			continue;
		if (--n == 0) {
			arg = piece(start, at);
			return arg.len <= MAX_TEXT ? arg : none;
		}
		if (*at == ')')
			return none;
		start = at + 1;
	}
	return none;
}
