/* SPDX-License-Identifier: MIT */
/* Code memory: what is written runs, and cannot be written where it runs, nor be run where it is
 * written. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "tap.h"

#include "os/os.h"

#define PAGE 65536 /* a multiple of every host's */

/* int f(void) { return 42; } */
#if defined(__x86_64__)
static const u8 answer[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#elif defined(__aarch64__)
static const u8 answer[] = { 0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6 };
#else
#error "two instructions of this machine"
#endif

static int call(const u8 *code)
{
	int (*function)(void);

	memcpy(&function, &code, sizeof(function));
	return function();
}

/* The kernel says what it may write to, without a fault. */
static bool is_writable(UNUSED u8 *at, UNUSED bool otherwise)
{
#if defined(__linux__)
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	bool is = fd >= 0 && read(fd, at, 1) == 1;

	if (fd >= 0)
		close(fd);
	return is;
#else
	return otherwise;
#endif
}

static bool is_readable(UNUSED const u8 *at, UNUSED bool otherwise)
{
#if defined(__linux__)
	int ends[2];
	bool is;

	if (pipe(ends) != 0)
		return otherwise;
	is = write(ends[1], at, 1) == 1;
	close(ends[0]);
	close(ends[1]);
	return is;
#else
	return otherwise;
#endif
}

static void test_all(void)
{
	struct os_code code = { 0 }, other = { 0 };

	CHECK_EQ(os_code_alloc(1, &code), 0);
	CHECK(code.size >= 1 && code.view != NULL && code.mem != NULL);
	CHECK(code.view[0] == 0 && code.view[code.size - 1] == 0);
	CHECK_EQ(os_code_alloc(3 * PAGE + 1, &other), 0);
	CHECK(other.size >= 3 * PAGE + 1 && other.mem != code.mem);
	memcpy(code.view, answer, sizeof(answer));
	memcpy(other.view + 2 * PAGE + 16, answer, sizeof(answer));
	CHECK_EQ(os_code_seal(&code), 0);
	CHECK_EQ(os_code_seal(&other), 0);
	CHECK(code.view == NULL && other.view == NULL);
	CHECK_EQ(call(code.mem), 42);
	CHECK_EQ(call(other.mem + 2 * PAGE + 16), 42);
	CHECK(!is_writable(code.mem, false) && is_readable(code.mem, true));
	CHECK(memcmp(code.mem, answer, sizeof(answer)) == 0);
out:
	os_code_free(&code);
	os_code_free(&other);
	os_code_free(&other);
}

static void test_parts(void)
{
	const struct os_code_part parts[] = { { 0, PAGE, OS_READ },
					      { PAGE, PAGE, OS_EXEC },
					      { 3 * PAGE, PAGE, OS_WRITE } };
	struct os_code code = { 0 };

	CHECK_EQ(os_code_alloc(5 * PAGE, &code), 0);
	CHECK(!is_readable(code.mem, false));
	memcpy(code.view, "abc", 3);
	memcpy(code.view + PAGE, answer, sizeof(answer));
	memcpy(code.view + 3 * PAGE, "xyz", 3);
	CHECK_EQ(os_code_seal_parts(&code, parts, ARRAY_COUNT(parts)), 0);
	CHECK(memcmp(code.mem, "abc", 3) == 0 && !is_writable(code.mem, false));
	CHECK_EQ(call(code.mem + PAGE), 42);
	CHECK(!is_writable(code.mem + PAGE, false));
	CHECK(!is_readable(code.mem + 2 * PAGE, false) && !is_writable(code.mem + 4 * PAGE, false));
	CHECK(memcmp(code.mem + 3 * PAGE, "xyz", 3) == 0 && is_writable(code.mem + 3 * PAGE, true));
	code.mem[3 * PAGE + 1] = 'Y';
	code.mem[4 * PAGE - 1] = 1;
	CHECK(code.mem[3 * PAGE + 1] == 'Y');
out:
	os_code_free(&code);
}

static void test_refused(void)
{
	static const struct os_code_part bad[][2] = {
		{ { 0, PAGE, OS_READ }, { PAGE - 4096, PAGE, OS_EXEC } }, /* overlap */
		{ { PAGE, PAGE, OS_READ }, { 0, PAGE, OS_EXEC } },	  /* descending */
		{ { 0, PAGE, OS_READ }, { PAGE, 2 * PAGE, OS_EXEC } },	  /* beyond the end */
		{ { 0, PAGE, OS_READ }, { 2 * PAGE, 0, OS_EXEC } },	  /* nothing */
		{ { 0, PAGE, OS_READ }, { PAGE + 1, PAGE - 1, OS_EXEC } },
		{ { 0, PAGE, OS_READ }, { PAGE, PAGE - 1, OS_EXEC } },
		{ { 0, PAGE, OS_READ }, { 0ull - PAGE, PAGE, OS_EXEC } },
		{ { 0, PAGE, OS_READ }, { PAGE, 0ull - PAGE, OS_EXEC } },
	};
	struct os_code code = { 0 };

	CHECK(os_code_alloc(0, &code) != 0);
	CHECK(os_code_alloc(UINT64_MAX, &code) != 0);
	CHECK(os_code_alloc(1ull << 33, &code) != 0);
	CHECK(code.mem == NULL);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		CHECK_EQ(os_code_alloc(2 * PAGE, &code), 0);
		CHECK_EQ(os_code_seal_parts(&code, bad[i], 2), ERR_INVAL);
		CHECK(code.view == NULL && !is_readable(code.mem + PAGE, false));
		os_code_free(&code);
	}
out:
	os_code_free(&code);
}

/* A child that lives on does not keep the code writable. Emulators give it the view all the same.
 */
static void test_fork(void)
{
#if defined(TEST_FORK)
	struct os_code code = { 0 };
	pid_t child = -1;
	int ends[2] = { -1, -1 };
	char end;

	CHECK(pipe(ends) == 0);
	CHECK_EQ(os_code_alloc(100, &code), 0);
	memcpy(code.view, answer, sizeof(answer));
	child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit(read(ends[0], &end, 1) == 0 ? 0 : 1);
	}
	CHECK(child > 0);
	CHECK_EQ(os_code_seal(&code), 0);
	CHECK_EQ(call(code.mem), 42);
out:
	close(ends[0]);
	close(ends[1]);
	if (child > 0)
		waitpid(child, NULL, 0);
	os_code_free(&code);
#endif
}

TAP_MAIN(TAP_TEST(test_all), TAP_TEST(test_parts), TAP_TEST(test_refused), TAP_TEST(test_fork))
