/* SPDX-License-Identifier: MIT */
/* Termination of graphs: by hand, and small ones against the definition. */
#include "check/rank.h"

#include "base/error.h"
#include "tap.h"

#define EDGES 8

static int check(const struct rank_edge *edges, u32 edge_count, u32 node_count, u64 *ret_visits)
{
	struct rank_graph graph = { .node_count = node_count,
				    .edges = edges,
				    .edge_count = edge_count };
	struct arena arena;
	u32 node;
	int status;

	arena_init(&arena, 0);
	status = rank_check(&arena, &graph, ret_visits, &node);
	arena_fini(&arena);
	return status;
}

static void test_by_hand(void)
{
	static const struct rank_edge none = { 0, 1, 0 };
	static const struct rank_edge counted[] = { { 0, 1, 0 }, { 1, 1, 10 } };
	static const struct rank_edge endless[] = { { 0, 1, 0 }, { 1, 1, 0 } };
	static const struct rank_edge two_ways[] = { { 0, 1, 0 }, { 1, 1, 10 }, { 1, 1, 0 } };
	/* 1: outer head, 2: inner head */
	static const struct rank_edge nested[] = {
		{ 0, 1, 0 }, { 1, 2, 0 }, { 2, 2, 10 }, { 2, 1, 20 }
	};
	static const struct rank_edge inner_only[] = {
		{ 0, 1, 0 }, { 1, 2, 0 }, { 2, 2, 10 }, { 2, 1, 0 }
	};
	static const struct rank_edge outer_only[] = {
		{ 0, 1, 0 }, { 1, 2, 0 }, { 2, 2, 0 }, { 2, 1, 20 }
	};
	/* Each counts only while the other is not visited. */
	static const struct rank_edge mutual[] = {
		{ 0, 1, 0 }, { 1, 1, 5 }, { 2, 2, 5 }, { 1, 2, 0 }, { 2, 1, 0 }
	};
	/* The entry itself is a head, and an edge without a bound leads on. */
	static const struct rank_edge first[] = { { 0, 0, 6 }, { 0, 1, 0 }, { 1, 1, 3 } };
	static const struct rank_edge first_endless[] = { { 0, 1, 0 }, { 1, 0, 0 } };
	/* The greatest of two bounds; two heads in a row. */
	static const struct rank_edge both[] = {
		{ 0, 1, 0 }, { 1, 1, 4 }, { 1, 1, 9 }, { 1, 2, 0 }, { 2, 2, 5 }
	};
	static const struct rank_edge many[] = {
		{ 0, 1, 0 }, { 1, 1, UINT64_MAX }, { 1, 2, 0 }, { 2, 2, 7 }, { 2, 1, 9 }
	};
	u64 visits[4] = { 0 };

	CHECK_EQ(check(first, 3, 2, visits), 0);
	CHECK_EQ(visits[0], 7);
	CHECK_EQ(visits[1], 4);
	CHECK_EQ(check(first_endless, 2, 2, visits), ERR_LOOP);
	CHECK_EQ(check(both, 5, 3, visits), 0);
	CHECK_EQ(visits[0], 1);
	CHECK_EQ(visits[1], 10);
	CHECK_EQ(visits[2], 6);
	CHECK_EQ(check(many, 5, 3, visits), 0);
	CHECK(visits[1] == UINT64_MAX && visits[2] == UINT64_MAX);
	CHECK_EQ(check(NULL, 0, 1, visits), 0);
	CHECK_EQ(visits[0], 1);
	CHECK_EQ(check(&none, 1, 2, visits), 0);
	CHECK_EQ(visits[1], 1);
	CHECK_EQ(check(counted, 2, 2, visits), 0);
	CHECK_EQ(visits[1], 11);
	CHECK_EQ(check(endless, 2, 2, visits), ERR_LOOP);
	CHECK_EQ(check(two_ways, 3, 2, visits), ERR_LOOP);
	CHECK_EQ(check(nested, 4, 3, visits), 0);
	CHECK_EQ(visits[1], 21);
	CHECK_EQ(visits[2], 21 * 11);
	CHECK_EQ(check(inner_only, 4, 3, visits), ERR_LOOP);
	CHECK_EQ(check(outer_only, 4, 3, visits), ERR_LOOP);
	CHECK_EQ(check(mutual, 5, 3, visits), ERR_LOOP);
out:
	return;
}

/* Whether one can go round for ever on these edges, on all of them: strongly connected, and at each
 * node some edge comes in that nothing bounds. */
static bool is_endless(const struct rank_edge *edges, u32 set, u32 node_count)
{
	u32 nodes = 0, unbounded = 0;

	for (u32 i = 0; i < EDGES; i++) {
		if ((set & 1u << i) == 0)
			continue;
		nodes |= 1u << edges[i].from | 1u << edges[i].to;
		if (edges[i].bound == 0)
			unbounded |= 1u << edges[i].to;
	}
	if (nodes == 0 || unbounded != nodes)
		return false;
	for (u32 start = 0; start < node_count; start++) {
		u32 reached = 1u << start, before;

		if ((nodes & 1u << start) == 0)
			continue;
		do {
			before = reached;
			for (u32 i = 0; i < EDGES; i++) {
				if ((set & 1u << i) != 0 && (reached & 1u << edges[i].from) != 0)
					reached |= 1u << edges[i].to;
			}
		} while (reached != before);
		if ((reached & nodes) != nodes)
			return false;
	}
	return true;
}

static void test_small_graphs(void)
{
	u64 seed = 1;
	u32 ends = 0;

	for (u32 round = 0; round < 3000; round++) {
		struct rank_edge edges[EDGES];
		u64 visits[4];
		bool endless = false;
		int status;

		for (u32 i = 0; i < EDGES; i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			edges[i].from = (u32)(seed >> 40) % 4;
			edges[i].to = (u32)(seed >> 45) % 4;
			edges[i].bound = (seed >> 50) % 2 * ((seed >> 52) % 9 + 1);
		}
		for (u32 set = 1; set < 1u << EDGES && !endless; set++)
			endless = is_endless(edges, set, 4);
		status = check(edges, EDGES, 4, visits);
		if (status == ERR_NOMEM)
			goto out;
		CHECK_EQ(status, endless ? ERR_LOOP : 0);
		ends += !endless;
	}
	CHECK(ends > 100);
out:
	return;
}

TAP_MAIN(TAP_TEST(test_by_hand), TAP_TEST(test_small_graphs))
