/* SPDX-License-Identifier: MIT */
/* The printk family: formats of both dialects, what is refused, what is counted. The helpers are
 * called as an engine calls them, on an invocation made by hand. */
#include "runtime_hand.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

/* Program memory: strings and numbers that arguments point to. The last bytes are unterminated. */
static u8 memory[1200];
enum { HELLO = 16, EMPTY = 30, IP = 40, LONG = 100, TAIL = 1190 };

static void fill_memory(void)
{
	static const u8 ip[] = { 192, 0, 2, 7, 0x20, 1, 0xd, 0xb8, 0, 0,
				 0,   0, 0, 0, 0,    0, 0,   0,	   0, 1 };

	memset(memory, 'x', sizeof(memory));
	memcpy(memory + HELLO, "hello", 6);
	memory[EMPTY] = 0;
	memcpy(memory + IP, ip, sizeof(ip));
}

struct sink {
	char text[PRINTK_LINE];
	size_t len;
	u32 lines;
};

static void trace(void *arg, const char *text, size_t len)
{
	struct sink *sink = arg;

	memcpy(sink->text, text, len + 1);
	sink->len = len;
	sink->lines++;
}

struct bench {
	struct hand hand;
	char *fmt; /* exactly as long as it is, so that reading on shows */
	struct sink sink;
};

static int bench_new(struct bench *b, enum dialect dialect, bool with_trace)
{
	struct runtime_options options = { .size = sizeof(options),
					   .dialect = dialect,
					   .trace = with_trace ? trace : NULL,
					   .trace_arg = &b->sink };
	int r = hand_open(&b->hand, &options);

	if (r < 0)
		return r;
	b->hand.run->inv.exec.regions[0] =
		(struct exec_region){ (u64)(uintptr_t)memory, sizeof(memory), true };
	b->hand.run->inv.exec.region_count = 2;
	fill_memory();
	return 0;
}

static int bench_format(struct bench *b, const char *fmt, size_t len)
{
	mem_free(b->fmt);
	b->fmt = mem_alloc(len);
	if (b->fmt == NULL)
		return ERR_NOMEM;
	memcpy(b->fmt, fmt, len);
	b->hand.run->inv.exec.regions[1] =
		(struct exec_region){ (u64)(uintptr_t)b->fmt, len, false };
	return 0;
}

static void bench_fini(struct bench *b)
{
	hand_fini(&b->hand);
	mem_free(b->fmt);
	memset(b, 0, sizeof(*b));
}

static u64 bench_call(struct bench *b, u32 id, u64 size, u64 r3, u64 r4, u64 r5)
{
	return call(&b->hand, id, (u64)(uintptr_t)b->fmt, size, r3, r4, r5);
}

#define ADDR(at) ((u64)(uintptr_t)memory + (at))
#define REFUSED	 NULL

/* Linux id 6 always has three arguments, Windows ids 12 to 15 none to three. */
struct format_case {
	enum dialect dialect;
	u32 id;
	const char *fmt;
	u64 a, b, c;
	const char *line;
};

static bool check_case(struct bench *b, const struct format_case *t)
{
	u32 before = b->sink.lines;
	u64 r;

	if (bench_format(b, t->fmt, strlen(t->fmt) + 1) < 0)
		return false;
	r = bench_call(b, t->id, strlen(t->fmt) + 1, t->a, t->b, t->c);
	if (t->line == REFUSED)
		return (s64)r < 0 && b->sink.lines == before && (t->dialect == L || (s64)r == -1);
	return b->sink.lines == before + 1 && strcmp(b->sink.text, t->line) == 0 &&
	       r == strlen(t->line) && b->sink.len == r;
}

/* lint: long-function, a table */
static void formats(void)
{
	const u64 p = ADDR(HELLO);
	const struct format_case cases[] = {
		{ W, 12, "Hello World!", 0, 0, 0, "Hello World!" },
		{ W, 12, "line\n", 0, 0, 0, "line" },
		{ W, 12, "two\n\n", 0, 0, 0, "two\n" },
		{ W, 12, "100%%", 0, 0, 0, "100%" },
		{ W, 12, "%d", 0, 0, 0, REFUSED },
		{ W, 13, "no conversion", 1, 0, 0, REFUSED },
		{ W, 13, "%d", (u64)-5, 0, 0, "-5" },
		{ W, 13, "%i", 0xfffffffeull, 0, 0, "-2" },
		{ W, 13, "%u", 0x1fffffffeull, 0, 0, "4294967294" },
		{ W, 13, "%ld", (u64)-5, 0, 0, "-5" },
		{ W, 13, "%lu", 0x123456789aull, 0, 0, "78187493530" },
		{ W, 13, "%llx", 0x123456789aull, 0, 0, "123456789a" },
		{ W, 13, "%lx", 0x123456789aull, 0, 0, "123456789a" },
		{ W, 13, "%zx", 0x123456789aull, 0, 0, "123456789a" },
		{ W, 13, "%x", 0x123456789aull, 0, 0, "3456789a" },
		{ W, 13, "%hx", 0x12345, 0, 0, "2345" },
		{ W, 13, "%hhd", 0x80, 0, 0, "-128" },
		{ W, 13, "%X", 0xbeef, 0, 0, "BEEF" },
		{ W, 13, "%o", 8, 0, 0, "10" },
		{ W, 13, "[%5d]", 42, 0, 0, "[   42]" },
		{ W, 13, "[%-5d]", 42, 0, 0, "[42   ]" },
		{ W, 13, "[%05d]", 42, 0, 0, "[00042]" },
		{ W, 13, "%c", 'A', 0, 0, "A" },
		{ W, 13, "%s", p, 0, 0, "hello" },
		{ W, 13, "[%8s]", p, 0, 0, "[   hello]" },
		{ W, 13, "[%-8.2s]", p, 0, 0, "[he      ]" },
		{ W, 13, "[%s]", ADDR(EMPTY), 0, 0, "[]" },
		{ W, 13, "%s", 0, 0, 0, REFUSED },
		{ W, 13, "%s", 64, 0, 0, REFUSED },
		{ W, 13, "%s", ADDR(TAIL), 0, 0, REFUSED },
		{ W, 13, "%.3s", ADDR(TAIL), 0, 0, "xxx" },
		{ W, 13, "%s", UINT64_MAX, 0, 0, REFUSED },
		{ W, 13, "%p", 0x1000, 0, 0, "0x1000" },
		{ W, 13, "%px", 0x1000, 0, 0, "0x1000x" },
		{ W, 13, "%*d", 5, 0, 0, REFUSED },
		{ W, 13, "%n", 5, 0, 0, REFUSED },
		{ W, 13, "%f", 5, 0, 0, REFUSED },
		{ W, 13, "%", 5, 0, 0, REFUSED },
		{ W, 13, "%l", 5, 0, 0, REFUSED },
		{ W, 13, "%5000d", 5, 0, 0, REFUSED },
		{ W, 14, "%d %d", 1, 2, 0, "1 2" },
		{ W, 14, "%d", 1, 2, 0, REFUSED },
		{ W, 14, "%d %d %d", 1, 2, 3, REFUSED },
		{ W, 15, "%d%%%s %llu", 50, p, 7, "50%hello 7" },
		{ W, 12, "", 0, 0, 0, REFUSED },
		{ L, 6, "Hello", 0, 0, 0, "Hello" },
		{ L, 6, "", 0, 0, 0, "" },
		{ L, 6, "%d %s %lx\n", 1, p, 3, "1 hello 3" },
		{ L, 6, "%d %d %d %d", 1, 2, 3, REFUSED },
		{ L, 6, "%px", 0x1000, 0, 0, "0x1000" },
		{ L, 6, "%pK", 0x1000, 0, 0, "0x1000" },
		{ L, 6, "%p, %p", 0x10, 0x20, 0, "0x10, 0x20" },
		{ L, 6, "%pks", p, 0, 0, "hello" },
		{ L, 6, "%pI4", ADDR(IP), 0, 0, "192.0.2.7" },
		{ L, 6, "%pi4", ADDR(IP), 0, 0, "192.000.002.007" },
		{ L, 6, "%pI6", ADDR(IP + 4), 0, 0, "2001:0db8:0000:0000:0000:0000:0000:0001" },
		{ L, 6, "%pi6", ADDR(IP + 4), 0, 0, "20010db8000000000000000000000001" },
		{ L, 6, "%pI4", 0, 0, 0, REFUSED },
		{ L, 6, "%pI4", ADDR(1197), 0, 0, REFUSED },
		{ L, 6, "%pZ", p, 0, 0, REFUSED },
		{ L, 6, "%pI5", p, 0, 0, REFUSED },
	};
	struct bench b = { 0 };
	enum dialect dialect = DIALECT_UNKNOWN;
	bool ok;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct format_case t = cases[i];

		if (t.dialect != dialect) {
			bench_fini(&b);
			dialect = t.dialect;
			CHECK_EQ(bench_new(&b, dialect, true), 0);
		}
		ok = check_case(&b, &t);
		if (!ok && !mem_has_failed())
			printf("# case %zu: \"%s\" printed \"%s\"\n", i, t.fmt, b.sink.text);
		CHECK(ok);
	}
out:
	bench_fini(&b);
}

static void sizes(void)
{
	struct bench b = { 0 };
	char fmt[600];

	memset(fmt, 'a', sizeof(fmt));
	CHECK_EQ(bench_new(&b, W, true), 0);
	/* 2 to 511 bytes; a terminator is not needed. */
	CHECK_EQ(bench_format(&b, fmt, sizeof(fmt)), 0);
	CHECK_EQ(bench_call(&b, 12, 1, 0, 0, 0), (u64)-1);
	CHECK_EQ(bench_call(&b, 12, 2, 0, 0, 0), 2);
	CHECK_EQ(bench_call(&b, 12, 511, 0, 0, 0), 511);
	CHECK_EQ(bench_call(&b, 12, 512, 0, 0, 0), (u64)-1);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, 0);
	/* A format that the program may not read ends it. */
	CHECK_EQ(bench_format(&b, fmt, 9), 0);
	CHECK_EQ(bench_call(&b, 12, 10, 0, 0, 0), (u64)-1);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, ERR_FAULT);
	CHECK_EQ(b.hand.run->inv.exec.fault.size, 10);
	bench_fini(&b);
	CHECK_EQ(bench_new(&b, L, true), 0);
	CHECK_EQ(bench_format(&b, "abc", 4), 0);
	CHECK_EQ(bench_call(&b, 6, 0, 0, 0, 0), (u64)ERR_INVAL);
	CHECK_EQ(bench_call(&b, 6, 3, 0, 0, 0), (u64)ERR_INVAL);
	CHECK_EQ(bench_call(&b, 6, 4, 0, 0, 0), 3);
	CHECK_EQ(bench_call(&b, 6, 5, 0, 0, 0), (u64)ERR_FAULT);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, ERR_FAULT);
out:
	bench_fini(&b);
}

/* A string that the program may not read is an error of the call, also in a verified program: to
 * the verifier it is any number. */
static void strings_are_always_checked(void)
{
	struct bench b = { 0 };

	CHECK_EQ(bench_new(&b, W, true), 0);
	CHECK_EQ(bench_format(&b, "%s", 3), 0);
	b.hand.run->inv.exec.unchecked = true;
	CHECK_EQ(bench_call(&b, 13, 3, 0x4141414141414141ull, 0, 0), (u64)-1);
	CHECK_EQ(bench_call(&b, 13, 3, ADDR(HELLO), 0, 0), 5);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, 0);
out:
	bench_fini(&b);
}

static void counting(void)
{
	struct bench b = { 0 };
	struct runtime_stats stats;

	CHECK_EQ(bench_new(&b, W, true), 0);
	CHECK_EQ(bench_format(&b, "%s%s%s", 7), 0);
	memset(memory, 'y', sizeof(memory));
	/* Three times 512 bytes are cut to one line. */
	CHECK_EQ(bench_call(&b, 15, 7, ADDR(0), ADDR(0), ADDR(0)), PRINTK_LINE - 1);
	CHECK_EQ(b.sink.len, PRINTK_LINE - 1);
	CHECK_EQ(b.sink.text[PRINTK_LINE - 1], 0);
	CHECK_EQ(bench_call(&b, 15, 7, 0, 0, 0), (u64)-1);
	runtime_get_stats(b.hand.rt, &stats);
	CHECK(stats.lines == 1 && stats.lines_cut == 1 && stats.lines_refused == 1 &&
	      stats.lines_dropped == 0);
	bench_fini(&b);
	CHECK_EQ(bench_new(&b, W, false), 0);
	CHECK_EQ(bench_format(&b, "abc", 4), 0);
	CHECK_EQ(bench_call(&b, 12, 4, 0, 0, 0), 0); /* nobody listens */
	runtime_get_stats(b.hand.rt, &stats);
	CHECK(stats.lines == 0 && stats.lines_dropped == 1);
out:
	bench_fini(&b);
}

static void vprintk(void)
{
	struct bench b = { 0 };
	u64 args[13];

	for (u64 i = 0; i < ARRAY_COUNT(args); i++)
		args[i] = i;
	CHECK_EQ(bench_new(&b, L, true), 0);
	memcpy(memory + LONG, args, sizeof(args));
	CHECK_EQ(bench_format(&b, "%d %d %d %d", 12), 0);
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(LONG), 32, 0), 7);
	CHECK_STR(b.sink.text, "0 1 2 3");
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(LONG), 96, 0), 7);
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(LONG), 24, 0), (u64)ERR_INVAL);
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(LONG), 33, 0), (u64)ERR_INVAL);
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(LONG), 104, 0), (u64)ERR_INVAL);
	CHECK_EQ(bench_call(&b, 177, 12, 0, 32, 0), (u64)ERR_INVAL);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, 0);
	CHECK_EQ(bench_call(&b, 177, 12, ADDR(1190), 32, 0), (u64)ERR_FAULT);
	CHECK_EQ(b.hand.run->inv.exec.fault.status, ERR_FAULT);
out:
	bench_fini(&b);
}

TAP_MAIN(TAP_TEST(formats), TAP_TEST(sizes), TAP_TEST(strings_are_always_checked),
	 TAP_TEST(counting), TAP_TEST(vprintk))
