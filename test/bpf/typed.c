/* SPDX-License-Identifier: MIT */
/* A value of each kind that C has, for what shows the contents of maps. */
#include "bpf_helpers.h"

enum color { RED = 1, GREEN, FAR = -3 };
enum wide { WIDE = 1ull << 40 };

struct inner {
	int8_t small;
	uint16_t pair[2];
};

struct value {
	int32_t negative;
	uint64_t large;
	_Bool yes;
	enum color color, no_color, far;
	char text[8];
	char no_text[4];
	uint8_t bytes[3];
	struct inner inner;
	struct inner list[2];
	union {
		uint32_t as_number;
		uint8_t as_bytes[4];
	};
	struct {
		uint8_t low : 3;
		int8_t high : 5;
	} bits;
	void *pointer;
	struct {
	} nothing[5];
	const volatile uint32_t qualified;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, enum color);
	__type(value, struct value);
	__uint(max_entries, 2);
} values SEC(".maps");

/* Sizes alone: nothing is known about what they are. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 2);
	__uint(value_size, 3);
	__uint(max_entries, 2);
} plain SEC(".maps");

int32_t minus = -5;
struct inner record = { -1, { 1, 2 } };
static volatile uint32_t hidden = 9;
char greeting[] = "hello";

SEC("bind")
int Fill(bind_md_t *ctx)
{
	enum color key = GREEN;
	uint16_t plain_key = 258;
	uint8_t plain_value[3] = { 1, 2, 3 };
	struct value value = {
		.negative = -7,
		.large = ~0ull,
		.yes = 1,
		.color = RED,
		.no_color = (enum color)77,
		.far = FAR,
		.text = "seven",
		.no_text = { 'a', 0, 'b', 0 },
		.bytes = { 1, 2, 255 },
		.inner = { -128, { 1, 65535 } },
		.list = { { 1, { 2, 3 } }, { 4, { 5, 6 } } },
		.as_number = 0x04030201,
		.bits = { 5, -2 },
		.pointer = (void *)0x1234,
		.qualified = 11,
	};

	(void)ctx;
	hidden++;
	bpf_map_update_elem(&values, &key, &value, BPF_ANY);
	bpf_map_update_elem(&plain, &plain_key, plain_value, BPF_ANY);
	return minus + record.small + greeting[0];
}
