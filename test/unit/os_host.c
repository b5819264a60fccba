/* SPDX-License-Identifier: MIT */
/* The host interface on the host that runs this: clocks, random bytes, files, memory. */
#include "tap.h"

#include "base/str.h"
#include "os/os.h"

static void test_clocks(void)
{
	u64 first = os_clock_monotonic(), last = first;
	u64 boot = os_clock_boot();

	for (int i = 0; i < 100000; i++) {
		u64 now = os_clock_monotonic();

		CHECK(now >= last);
		last = now;
	}
	CHECK(last > first);
	/* Nanoseconds: 100,000 calls take more than 10 us and less than a minute. */
	CHECK(last - first > 10000 && last - first < 60000000000u);
	CHECK(os_clock_boot() >= boot);
out:;
}

static void test_random(void)
{
	static u8 big[1 << 20];
	u8 a[32] = { 0 }, b[32] = { 0 }, guard[4] = { 1, 2, 3, 4 };
	size_t counts[256] = { 0 };

	os_random(guard, 0);
	CHECK(guard[0] == 1 && guard[3] == 4);
	os_random(guard + 1, 1);
	CHECK(guard[0] == 1 && guard[2] == 3);
	os_random(a, sizeof(a));
	os_random(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	/* 4096 of each value are expected; the deviation is 64. */
	os_random(big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		counts[big[i]]++;
	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		CHECK(counts[i] > 4096 - 640 && counts[i] < 4096 + 640);
out:;
}

static void test_ids(void)
{
	CHECK(os_process_id() != 0 && os_process_id() == os_process_id());
	CHECK(os_thread_id() != 0 && os_thread_id() == os_thread_id());
	CHECK(os_cpu_current() < 65536);
out:;
}

#define SCRATCH "os_host.tmp"

static bool write_scratch(size_t len)
{
	FILE *file = fopen(SCRATCH, "wb");
	bool ok = file != NULL;

	/* Line ends and the byte that ends a text file on Windows must come back as they are. */
	for (size_t i = 0; ok && i < len; i++)
		ok = fputc("\r\n\x1a\0x"[i % 5], file) != EOF;
	if (file != NULL)
		ok = fclose(file) == 0 && ok;
	return ok;
}

static void test_file_read(void)
{
	static const size_t sizes[] = { 0, 1, 7, 65534, 65535, 65536, 65537, 300000 };
	struct error err = { 0 };
	u8 *data = NULL;
	size_t len;

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		CHECK(write_scratch(sizes[i]));
		CHECK_EQ(os_file_read(SCRATCH, sizes[i], &data, &len, &err), 0);
		CHECK_EQ(len, sizes[i]);
		for (size_t k = 0; k < len; k++)
			CHECK(data[k] == (u8) "\r\n\x1a\0x"[k % 5]);
		CHECK_EQ(data[len], 0);
		mem_free(data);
		data = NULL;
		if (sizes[i] == 0)
			continue;
		CHECK_EQ(os_file_read(SCRATCH, sizes[i] - 1, &data, &len, &err), ERR_TOOBIG);
		CHECK(data == NULL);
		CHECK(strstr(err.text, SCRATCH) != NULL);
	}
out:
	mem_free(data);
	remove(SCRATCH);
}

static void test_file_errors(void)
{
	struct error err = { 0 };
	u8 *data = NULL;
	size_t len = 77;

	CHECK_EQ(os_file_read("no/such/file", 100, &data, &len, &err), ERR_NOENT);
	CHECK(str_starts(err.text, "no/such/file: "));
	CHECK_EQ(err.status, ERR_NOENT);
	CHECK(os_file_read(".", 100, &data, &len, &err) != 0);
	CHECK(os_file_read("", 100, &data, &len, NULL) != 0);
	CHECK(data == NULL && len == 77);
out:
	mem_free(data);
}

static void test_memory(void)
{
	u8 *a = mem_alloc(0), *b = mem_zalloc(100), *grown = NULL;
	u64 live = mem_live_count();

	CHECK(a != NULL && b != NULL);
	CHECK((uintptr_t)a % 16 == 0 && (uintptr_t)b % 16 == 0);
	for (size_t i = 0; i < 100; i++)
		CHECK(b[i] == 0);
	memset(b, 9, 100);
	grown = mem_realloc(b, 100000);
	CHECK(grown != NULL);
	b = NULL;
	CHECK(grown[0] == 9 && grown[99] == 9);
	CHECK_EQ(mem_live_count(), live);
	CHECK(mem_zalloc_array(SIZE_MAX / 2, 3) == NULL);
	/* The third allocation from here fails, and that one only. */
	mem_fail_at(3);
	mem_free(mem_alloc(1));
	CHECK(!mem_has_failed());
	b = mem_zalloc(1);
	CHECK(b != NULL);
	CHECK(mem_realloc(grown, 200000) == NULL);
	CHECK(mem_has_failed());
	TAP_FORGET_FAILURE();
	CHECK(grown[99] == 9);
	mem_free(a);
	a = mem_alloc(1);
	CHECK(a != NULL);
out:
	mem_free(a);
	mem_free(b);
	mem_free(grown);
}

static void test_write(void)
{
	CHECK_EQ(os_write(OS_STDOUT, "# written through os_write\n", 27), 0);
	CHECK_EQ(os_write(OS_STDERR, "", 0), 0);
	(void)os_is_terminal(OS_STDOUT);
out:;
}

/* Folders in a folder, a file that is made once, and what is there then. */
static void test_folders(void)
{
	struct error err = { 0 };
	char *base = NULL, *names = NULL, deep[700] = "", file[800] = "", other[800] = "",
	     middle[600] = "";
	u8 *data = NULL;
	size_t len = 0;

	CHECK_EQ(os_temp_dir(&base, &err), 0);
	snprintf(middle, sizeof(middle), "%s/a", base);
	snprintf(deep, sizeof(deep), "%s/b", middle);
	snprintf(file, sizeof(file), "%s/key", deep);
	CHECK_EQ(os_dir_list(deep, &names, &len, &err), ERR_NOENT);
	CHECK_EQ(os_file_write_private(file, "x", 1, &err), ERR_NOENT);
	CHECK_EQ(os_dir_make(deep, &err), 0);
	CHECK_EQ(os_dir_make(deep, &err), 0);
	CHECK_EQ(os_dir_list(deep, &names, &len, &err), 0);
	CHECK_EQ(len, 0);
	mem_free(names);
	names = NULL;
	CHECK_EQ(os_file_write_private(file, "secret", 6, &err), 0);
	CHECK_EQ(os_file_write_private(file, "x", 1, &err), ERR_EXIST);
	CHECK(str_starts(err.text, file));
	CHECK_EQ(os_file_read(file, 100, &data, &len, &err), 0);
	CHECK_EQ(len, 6);
	CHECK_EQ(os_dir_list(deep, &names, &len, &err), 0);
	CHECK_EQ(len, 4);
	CHECK_STR(names, "key");
	snprintf(other, sizeof(other), "%s/other", deep);
	CHECK_EQ(os_file_rename(other, file, &err), ERR_NOENT);
	CHECK_EQ(os_file_write(other, "new", 3, &err), 0);
	CHECK_EQ(os_file_rename(other, file, &err), 0);
	mem_free(data);
	data = NULL;
	CHECK_EQ(os_file_read(file, 100, &data, &len, &err), 0);
	CHECK_EQ(len, 3);
	CHECK_EQ(os_file_read(other, 100, &data, &len, &err), ERR_NOENT);
out:
	if (base != NULL) {
		os_file_remove(other);
		os_file_remove(file);
		os_file_remove(deep);
		os_file_remove(middle);
		os_file_remove(base);
	}
	mem_free(base);
	mem_free(names);
	mem_free(data);
}

TAP_MAIN(TAP_TEST(test_folders), TAP_TEST(test_clocks), TAP_TEST(test_random), TAP_TEST(test_ids),
	 TAP_TEST(test_file_read), TAP_TEST(test_file_errors), TAP_TEST(test_memory),
	 TAP_TEST(test_write))
