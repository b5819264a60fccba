/* SPDX-License-Identifier: MIT */
#include "kernel_host.h"

#include <stdarg.h>
#include <stddef.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct bpf_object *object;

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

bool kernel_open(const char *path)
{
	libbpf_set_print(quiet);
	object = bpf_object__open(path);
	if (object != NULL && bpf_object__load(object) == 0)
		return true;
	kernel_close();
	return false;
}

void kernel_close(void)
{
	bpf_object__close(object);
	object = NULL;
}

int kernel_run(const char *name, const void *in, uint32_t len, void *out, uint32_t cap,
	       uint32_t *ret_result, uint32_t *ret_len)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, name);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = len, .data_out = out,
		    .data_size_out = cap, .repeat = 1);
	int r;

	if (prog == NULL)
		return -1;
	r = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	*ret_result = opts.retval;
	*ret_len = opts.data_size_out;
	return r;
}
