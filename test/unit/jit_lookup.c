/* SPDX-License-Identifier: MIT */
/* Lookups that verified code does itself: of arrays of many shapes, keys known and not, by CPU;
 * what the helper would find is what code finds. Without the facts that it takes, the helper is
 * called. */
#include "interp_fixture.h"
#include "jit/jit.h"
#include "prog/facts.h"

static struct prog_array array;
static u64 direct; /* what finds values without the helper; 0: nothing */
static u32 calls, direct_calls;

static u64 value_of(u32 key, u32 slot)
{
	return key < array.entries ? array.values + slot * array.block + (u64)key * array.stride
				   : 0;
}

static u64 helper_lookup(UNUSED u64 r1, u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			 void *ctx)
{
	u32 key;

	(void)ctx;
	memcpy(&key, (const void *)(uintptr_t)r2, sizeof(key));
	calls++;
	return value_of(key, 3); /* the slot of all runs */
}

static u64 helper_slot(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		       UNUSED void *ctx)
{
	calls++;
	return 77;
}

static struct helper_binding find_helper(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = id == 1 ? helper_lookup : helper_slot,
					.is = id == 1 ? HELPER_LOOKUP : HELPER_SLOT };
}

/* The key is what the memory begins with; the result, and r6 and r7 behind it. */
static const struct insn lookup[] = {
	MOV_REG(6, 1),
	MOV_IMM(7, 0x77),
	LOAD(4, 3, 1, 0),
	STORE(4, 10, -12, 3),
	MOV_REG(2, 10),
	ADD_IMM(2, -12),
	LOAD_MAP(1, 0),
	{ .kind = INSN_CALL, .imm = 1 },
	STORE(8, 6, 8, 0),
	STORE(8, 6, 16, 7),
	EXIT,
};
#define CALL_AT 8
static const struct insn cpu[] = { { .kind = INSN_CALL, .imm = 8 }, EXIT };

/* facts: of the call. */
static int prepare(struct machine *m, const struct insn *insns, u32 count, u32 call,
		   struct prog_fact fact, bool blind)
{
	static struct prog_fact rows[ARRAY_COUNT(lookup)];
	static struct prog_facts facts;
	static u64 address = 0x1234;
	static struct prog_map map = { .name = "a" };
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .blind = blind,
					     .blind_seed = 5 };

	machine_fini(m);
	machine_init(m, insns, count);
	for (u32 i = 0; i < count; i++)
		rows[i] = (struct prog_fact){ .flags = FACT_REACHED, .hi = UINT64_MAX };
	rows[call] = fact;
	rows[call].flags |= FACT_REACHED;
	rows[call].hi = UINT64_MAX;
	facts = (struct prog_facts){ .rows = rows, .count = count };
	m->prog.maps = &map;
	m->prog.map_count = 1;
	m->binding.helper = find_helper;
	m->binding.maps = &address;
	m->binding.arrays = &array;
	m->binding.lookups = &direct;
	m->binding.facts = &facts;
	m->exec.slot = 3;
	memset(m->mem, 0, sizeof(m->mem));
	calls = direct_calls = 0;
	return jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);
}

static bool finds(struct machine *m, u32 key, u32 slot)
{
	u64 kept, stored;

	memcpy(m->mem, &key, sizeof(key));
	machine_go(m);
	memcpy(&stored, m->mem + 8, sizeof(stored));
	memcpy(&kept, m->mem + 16, sizeof(kept));
	return m->result == value_of(key, slot) && stored == m->result && kept == 0x77;
}

static void arrays(void)
{
	static const u32 strides[] = { 8, 16, 24, 64, 4096, 1000, 1u << 30 };
	static const u32 counts[] = { 1, 2, 127, 128, 129, 100000 };
	struct machine m = { 0 };

	for (u32 i = 0; i < ARRAY_COUNT(strides) * ARRAY_COUNT(counts) * 2; i++) {
		u32 entries = counts[i / 2 % ARRAY_COUNT(counts)];
		u32 slot = i % 2 == 0 ? 0 : 3;
		const u32 keys[] = {
			0, entries / 2, entries - 1, entries, entries + 1, UINT32_MAX
		};
		const struct prog_fact known = { .flags = FACT_MAP };

		array = (struct prog_array){ .values = 0x7f0012345678 + i,
					     .block = slot == 0 ? 0 : 0x12340080,
					     .stride = strides[i / 2 / ARRAY_COUNT(counts)],
					     .entries = entries };
		CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, known, false), 0);
		for (u32 k = 0; k < ARRAY_COUNT(keys); k++)
			CHECK(finds(&m, keys[k], slot));
		CHECK_EQ(calls, 0);
		for (u32 k = 0; k < ARRAY_COUNT(keys); k++) {
			struct prog_fact fact = { .flags = FACT_MAP | FACT_KEY, .value = keys[k] };

			if (k < 3)
				fact.flags |= FACT_KEY_BELOW;
			CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, fact, false), 0);
			CHECK(finds(&m, keys[k], slot));
			fact.flags &= (u16)~FACT_KEY;
			CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, fact, false), 0);
			CHECK(finds(&m, keys[k], slot));
		}
	}
out:
	machine_fini(&m);
}

static void calls_without_facts(void)
{
	const struct prog_fact none = { 0 }, known = { .flags = FACT_MAP };
	struct machine m = { 0 };

	array = (struct prog_array){ .values = 0x7f0012345678, .stride = 8, .entries = 5 };
	CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, none, false), 0);
	CHECK(finds(&m, 4, 0));
	CHECK_EQ(calls, 1);
	CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, known, true), 0);
	CHECK(finds(&m, 4, 0));
	CHECK_EQ(calls, 1);
	array.stride = 1u << 31;
	CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, known, false), 0);
	CHECK(finds(&m, 4, 0));
	CHECK_EQ(calls, 1);
out:
	machine_fini(&m);
}

/* Of the map 0x1234 and a key. */
static void *find(u64 map, const u32 *key)
{
	direct_calls++;
	return map == 0x1234 ? (void *)(uintptr_t)value_of(*key, 0) : NULL;
}

/* A map that is known but no plain array is asked without the helper. */
static void map_is_asked(void)
{
	const struct prog_fact none = { 0 }, known = { .flags = FACT_MAP },
			       other = { .flags = FACT_MAP, .map = 1 };
	const struct {
		const struct prog_fact *fact;
		bool is_offered, blind;
		u32 calls, direct_calls;
	} cases[] = {
		{ &known, true, false, 0, 1 },	{ &known, true, true, 0, 1 },
		{ &known, false, false, 1, 0 }, { &none, true, false, 1, 0 },
		{ &other, true, false, 1, 0 },
	};
	struct machine m = { 0 };

	array = (struct prog_array){ .values = 0x7f0012345678, .stride = 1u << 31, .entries = 5 };
	for (u32 i = 0; i < ARRAY_COUNT(cases); i++) {
		direct = cases[i].is_offered ? (u64)(uintptr_t)find : 0;
		CHECK_EQ(prepare(&m, lookup, ARRAY_COUNT(lookup), CALL_AT, *cases[i].fact,
				 cases[i].blind),
			 0);
		CHECK(finds(&m, 4, 0));
		CHECK_EQ(calls, cases[i].calls);
		CHECK_EQ(direct_calls, cases[i].direct_calls);
	}
out:
	direct = 0;
	machine_fini(&m);
}

static void cpu_id(void)
{
	struct machine m = { 0 };

	CHECK_EQ(prepare(&m, cpu, ARRAY_COUNT(cpu), 0, (struct prog_fact){ 0 }, false), 0);
	CHECK_EQ(machine_go(&m), 3);
	CHECK_EQ(calls, 0);
out:
	machine_fini(&m);
}

TAP_MAIN(TAP_TEST(arrays), TAP_TEST(calls_without_facts), TAP_TEST(map_is_asked), TAP_TEST(cpu_id))
