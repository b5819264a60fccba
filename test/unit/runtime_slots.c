/* SPDX-License-Identifier: MIT */
/* Slots: each is leased once, all can be, and what one user of a slot wrote the next one sees. */
#include <pthread.h>

#include "tap.h"

#include "runtime/slots.h"

static void leases_all(void)
{
	struct slots slots = { { 0 } };
	bool taken[SLOT_COUNT] = { false };

	/* From the hint on, round the end. */
	CHECK_EQ(slots_lease(&slots, 5), 5);
	CHECK_EQ(slots_lease(&slots, 5), 6);
	CHECK_EQ(slots_lease(&slots, SLOT_COUNT - 1), SLOT_COUNT - 1);
	CHECK_EQ(slots_lease(&slots, SLOT_COUNT - 1), 0);
	CHECK_EQ(slots_lease(&slots, SLOT_COUNT + 9), 9);
	slots_release(&slots, 5);
	CHECK_EQ(slots_lease(&slots, 4), 4);
	CHECK_EQ(slots_lease(&slots, 4), 5);
	memset(&slots, 0, sizeof(slots));
	for (u32 i = 0; i < SLOT_COUNT; i++) {
		u32 slot = slots_lease(&slots, 100);

		CHECK(slot < SLOT_COUNT && !taken[slot]);
		taken[slot] = true;
	}
	CHECK_EQ(slots_lease(&slots, 100), SLOT_NONE);
	slots_release(&slots, 99);
	CHECK_EQ(slots_lease(&slots, 100), 99);
	CHECK_EQ(slots_lease(&slots, 0), SLOT_NONE);
out:
	return;
}

#define THREADS 8
#define ROUNDS	20000

struct shared {
	struct slots slots;
	u64 data[SLOT_COUNT]; /* plain accesses: the lease orders them */
};

static void *work(void *arg)
{
	struct shared *shared = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 slot = slots_lease(&shared->slots, 62); /* all want the same ones */

		if (slot == SLOT_NONE)
			return arg;
		shared->data[slot]++;
		slots_release(&shared->slots, slot);
	}
	return NULL;
}

static void threads(void)
{
	static struct shared shared;
	pthread_t thread[THREADS];
	u32 started = 0;
	u64 sum = 0;
	bool failed = false;

	memset(&shared, 0, sizeof(shared));
	while (started < THREADS && pthread_create(&thread[started], NULL, work, &shared) == 0)
		started++;
	for (u32 i = 0; i < started; i++) {
		void *result;

		pthread_join(thread[i], &result);
		failed |= result != NULL;
	}
	for (u32 i = 0; i < SLOT_COUNT; i++)
		sum += shared.data[i];
	CHECK(!failed);
	CHECK_EQ(sum, (u64)started * ROUNDS);
	for (u32 i = 0; i < ARRAY_COUNT(shared.slots.taken); i++)
		CHECK_EQ(shared.slots.taken[i], 0);
out:
	return;
}

TAP_MAIN(TAP_TEST(leases_all), TAP_TEST(threads))
