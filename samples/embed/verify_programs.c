/* SPDX-License-Identifier: MIT */
/* liboriel from C: whether the programs of an eBPF object file are safe.
 *
 *     verify_programs FILE     a line for each program, and what is wrong with it
 *
 * It exits 0 when all are, 1 when one is not, 2 when the file cannot be read. Build it as
 * list_programs.c. */
#include <inttypes.h>
#include <stdio.h>

#include <oriel/verify.h>

/* 1: safe; 0: not; negative: there is no verdict. */
static int verify(struct oriel_object *object, uint32_t index, const char *file,
		  struct oriel_error *error)
{
	struct oriel_verify_options options = { .size = sizeof(options),
						.file = file,
						.flags = ORIEL_VERIFY_FACTS };
	struct oriel_code_info code = { .size = sizeof(code) };
	struct oriel_verdict_info info = { .size = sizeof(info) };
	const struct oriel_program *program;
	struct oriel_verdict *verdict;
	int status = oriel_object_link(object, index, NULL, &program, error);

	if (status == 0)
		status = oriel_program_verify(program, &options, &verdict, error);
	if (status != 0) {
		fprintf(stderr, "%s\n", error->text);
		return status;
	}
	status = oriel_verdict_get_info(verdict, &info);
	if (status == 0)
		status = oriel_program_get_code(program, &code);
	if (status == 0 && info.is_safe)
		printf("%s is safe, with %" PRIu32 " bytes of stack\n", code.name,
		       info.stack_depth);
	else if (status == 0)
		printf("%s is not safe: %" PRIu32 " findings\n%s", code.name, info.finding_count,
		       oriel_verdict_text(verdict, ORIEL_REPORT_GCC));
	oriel_verdict_free(verdict);
	return status != 0 ? status : (int)info.is_safe;
}

static int verify_all(struct oriel_object *object, const char *file, struct oriel_error *error)
{
	struct oriel_object_info info = { .size = sizeof(info) };
	struct oriel_program_info program = { .size = sizeof(program) };
	int result = 0, status = oriel_object_get_info(object, &info);

	for (uint32_t i = 0; i < info.program_count && status == 0; i++) {
		status = oriel_object_get_program(object, i, &program);
		if (status != 0 || (program.flags & ORIEL_PROGRAM_SUBPROGRAM) != 0)
			continue;
		status = verify(object, i, file, error);
		if (status < 0)
			break;
		result |= status == 0;
		status = 0;
	}
	return status != 0 ? 2 : result;
}

int main(int argc, char **argv)
{
	struct oriel_object *object;
	struct oriel_error error;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 64;
	}
	if (oriel_object_open_file(argv[1], NULL, &object, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	result = verify_all(object, argv[1], &error);
	oriel_object_free(object);
	return result;
}
