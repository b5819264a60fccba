/* SPDX-License-Identifier: MIT */
/* liboriel from C: programs on events of one's own. Prints, for samples/bind_count.o, what its
 * program says to five events, and what it has counted.
 *
 *     cc count_binds.c $(pkg-config --cflags --libs oriel) && ./a.out bind_count.o */
#include <stdio.h>

#include <oriel/load.h>

struct bind_event { /* what programs of type bind get, behind the library's header */
	struct oriel_context_header header;
	struct {
		uint64_t app_id_start, app_id_end, process_id;
		uint8_t socket_address[16];
		uint32_t socket_address_length, operation, protocol, unused;
	} context;
};

static void print_line(void *arg, const char *text, size_t length)
{
	(void)arg;
	printf("  %.*s\n", (int)length, text);
}

int main(int argc, char **argv)
{
	struct oriel_runtime_options options = { .size = sizeof(options),
						 .print = print_line,
						 .dialect = ORIEL_DIALECT_WINDOWS };
	struct oriel_hook_options bind = { .size = sizeof(bind), .program_type = "bind" };
	struct oriel_runtime *runtime = NULL;
	struct oriel_object *object = NULL;
	struct oriel_hook *hook = NULL;
	struct oriel_loaded *load = NULL;
	struct oriel_link *link = NULL;
	struct oriel_error error = { .text = "usage: count_binds FILE" };
	uint64_t count = 0;
	uint32_t key = 0, verdict;

	if (argc != 2 || oriel_runtime_new(&options, &runtime, &error) != 0 ||
	    oriel_hook_new(runtime, &bind, &hook, &error) != 0 ||
	    oriel_object_open_file(argv[1], NULL, &object, &error) != 0 ||
	    oriel_load(runtime, object, NULL, &load, &error) != 0 ||
	    oriel_loaded_attach(load, NULL, hook, 0, &link, &error) != 0)
		fprintf(stderr, "%s\n", error.text);
	for (uint64_t i = 0; link != NULL && i < 5; i++) {
		struct bind_event event = { .context = { .process_id = 100 + i } };
		int ran = oriel_hook_run(hook, 0, &event.context, sizeof(event.context), &verdict);

		printf("event %d: %d program, verdict %u\n", (int)i, ran, (unsigned)verdict);
	}
	if (link != NULL && oriel_map_lookup(oriel_loaded_map(load, "binds"), &key, &count) == 0)
		printf("counted %d\n", (int)count);
	oriel_link_free(link);
	oriel_loaded_free(load);
	oriel_object_free(object);
	oriel_hook_free(hook);
	oriel_runtime_free(runtime);
	return count == 5 ? 0 : 1;
}
