/* SPDX-License-Identifier: MIT */
/* liboriel from C: what is in an eBPF object file.
 *
 *     list_programs FILE            programs, maps and global variables
 *     list_programs FILE PROGRAM    the instructions of one program
 *
 * Build it against an installed library with
 *
 *     cc list_programs.c $(pkg-config --cflags --libs oriel)
 *
 * or with CMake: find_package(oriel REQUIRED), target_link_libraries(... oriel::oriel). */
#include <inttypes.h>
#include <stdio.h>

#include <oriel/object.h>

/* A type that the file does not tell. */
static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static int list_programs(const struct oriel_object *object, uint32_t count)
{
	/* Every struct that the library fills begins with its size, so that a later version of the
	 * library knows what this program has room for. */
	struct oriel_program_info program = { .size = sizeof(program) };
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		status = oriel_object_get_program(object, i, &program);
		if (status == 0)
			printf("%s %s: section %s, type %s, %" PRIu32 " slots\n",
			       program.flags & ORIEL_PROGRAM_SUBPROGRAM ? "subprogram" : "program",
			       program.name, program.section, or_dash(program.type),
			       program.insn_count);
	}
	return status;
}

static int list_maps(const struct oriel_object *object, uint32_t count)
{
	struct oriel_map_info map = { .size = sizeof(map) };
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		status = oriel_object_get_map(object, i, &map);
		/* The sections of global variables are maps too; see list_globals. */
		if (status == 0 && (map.properties & ORIEL_MAP_GLOBAL) == 0)
			printf("map %s: %s, keys of %" PRIu32 ", values of %" PRIu32
			       " bytes, %" PRIu32 " entries\n",
			       map.name, or_dash(map.type), map.key_size, map.value_size,
			       map.max_entries);
	}
	return status;
}

static int list_globals(const struct oriel_object *object, uint32_t count)
{
	struct oriel_global_info global = { .size = sizeof(global) };
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++) {
		status = oriel_object_get_global(object, i, &global);
		if (status == 0)
			printf("variable %s: %" PRIu32 " bytes%s\n", global.name, global.byte_count,
			       global.properties & ORIEL_MAP_READ_ONLY ? ", read only" : "");
	}
	return status;
}

static int list(const struct oriel_object *object)
{
	struct oriel_object_info info = { .size = sizeof(info) };
	int status = oriel_object_get_info(object, &info);

	if (status != 0)
		return status;
	printf("%s: %s dialect (%s), license %s\n", info.file, oriel_dialect_name(info.dialect),
	       info.dialect_why, info.license != NULL ? info.license : "none");
	status = list_programs(object, info.program_count);
	if (status == 0)
		status = list_maps(object, info.map_count);
	if (status == 0)
		status = list_globals(object, info.global_count);
	for (uint32_t i = 0; status == 0 && i < info.warning_count; i++)
		printf("warning: %s\n", oriel_object_warning(object, i));
	return status;
}

/* Linking gives a program as it would run: with the functions that it calls, and its references to
 * maps resolved. It belongs to the object; the text belongs to us. */
static int show(struct oriel_object *object, const char *name, struct oriel_error *error)
{
	struct oriel_disasm_options options = { .size = sizeof(options),
						.flags = ORIEL_DISASM_SOURCE };
	uint32_t index = oriel_object_find_program(object, name);
	const struct oriel_program *program;
	char *text;
	int status;

	if (index == ORIEL_NO_INDEX) {
		fprintf(stderr, "there is no program %s\n", name);
		return ORIEL_ERR_NOENT;
	}
	status = oriel_object_link(object, index, NULL, &program, error);
	if (status == 0)
		status = oriel_program_disasm(program, &options, &text, error);
	if (status != 0) {
		fprintf(stderr, "%s\n", error->text);
		return status;
	}
	fputs(text, stdout);
	oriel_free(text);
	return 0;
}

int main(int argc, char **argv)
{
	struct oriel_object *object;
	struct oriel_error error;
	int status;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s FILE [PROGRAM]\n", argv[0]);
		return 64;
	}
	/* NULL for the options: find out the dialect, take the object's own types. */
	if (oriel_object_open_file(argv[1], NULL, &object, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	if (argc == 3) {
		status = show(object, argv[2], &error);
	} else {
		status = list(object);
		if (status != 0)
			fprintf(stderr, "%s: %s\n", argv[1], oriel_status_text(status));
	}
	oriel_object_free(object);
	return status == 0 ? 0 : 1;
}
