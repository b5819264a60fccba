/* SPDX-License-Identifier: MIT */
/* The running kernel's maps, by a program that the kernel runs on request. */
#include "map_bench.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define RING_N	  10000 /* operations of ring_discard, as in map_kernel.c */
#define RING_RUNS 100

static struct bpf_object *object;
static struct ring_buffer *ring;

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static void fill_prefixes(const char *name, u32 count)
{
	u64 random = 4711;
	int fd = map_fd(name);

	for (u32 i = 0; i < count; i++) {
		u64 key = bench_prefix(&random), value = i;

		bpf_map_update_elem(fd, &key, &value, 0);
	}
}

static void fill(void)
{
	int cpus = libbpf_num_possible_cpus();
	u64 values[256] = { 1 };

	for (u32 key = 0; key < 1024; key++) {
		bpf_map_update_elem(map_fd("small"), &key, values, 0);
		bpf_map_update_elem(map_fd("lru"), &key, values, 0);
		if (cpus > 0 && cpus <= 256)
			bpf_map_update_elem(map_fd("percpu"), &key, values, 0);
	}
	for (u64 n = 0; n < 65536; n++) {
		u64 key[2] = { n, 7 };

		bpf_map_update_elem(map_fd("large"), key, values, 0);
	}
	fill_prefixes("lpm_1k", 1024);
	fill_prefixes("lpm_16k", 16384);
	fill_prefixes("lpm_256k", 262144);
	fill_prefixes("lpm_1m", 1048576);
}

static int nothing(void *arg, void *data, size_t size)
{
	(void)arg;
	(void)data;
	(void)size;
	return 0;
}

bool kernel_open(const char *path)
{
	libbpf_set_print(quiet);
	object = bpf_object__open(path);
	if (object == NULL || bpf_object__load(object) != 0) {
		printf("the kernel's maps: not measured, %s\n", strerror(errno));
		kernel_close();
		return false;
	}
	fill();
	ring = ring_buffer__new(map_fd("ring"), nothing, NULL, NULL);
	return true;
}

void kernel_close(void)
{
	ring_buffer__free(ring);
	ring = NULL;
	if (object != NULL)
		bpf_object__close(object);
	object = NULL;
}

struct run {
	int fd;
	double ns; /* of all; below 0: failed */
};

static void *run_one(void *arg)
{
	struct run *run = arg;
	u8 packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	run->ns = bpf_prog_test_run_opts(run->fd, &opts) != 0 ? -1 : (double)opts.duration;
	return NULL;
}

/* The mean of the threads. */
static double run_all(int fd, u32 threads)
{
	struct run runs[BENCH_THREADS] = { { 0 } };
	pthread_t ids[BENCH_THREADS];
	double sum = 0;

	for (u32 i = 0; i < threads; i++) {
		runs[i].fd = fd;
		if (pthread_create(&ids[i], NULL, run_one, &runs[i]) != 0)
			return -1;
	}
	for (u32 i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		if (runs[i].ns < 0)
			return -1;
		sum += runs[i].ns;
	}
	return sum / threads;
}

/* What was discarded is taken out between the runs, which does not count. */
static double run_ring(int fd, u32 threads)
{
	double sum = 0;

	for (u32 i = 0; i < RING_RUNS; i++) {
		double ns =
			ring == NULL || ring_buffer__consume(ring) < 0 ? -1 : run_all(fd, threads);

		if (ns < 0)
			return -1;
		sum += ns;
	}
	return sum / RING_RUNS / RING_N;
}

double kernel_run(const char *section, u32 threads)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(object, section);

	if (prog == NULL)
		return -1;
	if (strcmp(section, "ring_discard") == 0)
		return run_ring(bpf_program__fd(prog), threads);
	return run_all(bpf_program__fd(prog), threads) / BENCH_N;
}
