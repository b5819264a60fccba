/* SPDX-License-Identifier: MIT */
/* Strongly connected components by Tarjan's algorithm, without recursion. In each component some
 * node must have a bound on all edges that enter it from inside; without these edges the rest of
 * the component is looked at again, until nothing is connected. */
#include "check/rank.h"

#include "base/error.h"

#define ROUNDS 32 /* nesting of loops */
#define NONE   UINT32_MAX

struct scc {
	const struct rank_graph *graph;
	u32 *first;	/* by node: its edges in `order`; [node_count]: the end */
	u32 *order;	/* edges by source */
	bool *is_cut;	/* by edge: cannot be gone for ever */
	u32 *component; /* by node */
	u32 *index, *low, *stack, *next, *path;
	u32 component_count;
};

static int scc_init(struct scc *s, struct arena *arena, const struct rank_graph *graph)
{
	u32 n = graph->node_count, m = graph->edge_count;

	*s = (struct scc){ .graph = graph };
	s->first = arena_array(arena, (size_t)n + 1, sizeof(u32));
	s->order = arena_array(arena, m, sizeof(u32));
	s->is_cut = arena_array(arena, m, sizeof(bool));
	s->component = arena_array(arena, (size_t)n * 6, sizeof(u32));
	if (s->first == NULL || s->order == NULL || s->is_cut == NULL || s->component == NULL)
		return ERR_NOMEM;
	s->index = s->component + n;
	s->low = s->index + n;
	s->stack = s->low + n;
	s->next = s->stack + n;
	s->path = s->next + n;
	for (u32 i = 0; i < m; i++)
		s->first[graph->edges[i].from + 1]++;
	for (u32 i = 0; i < n; i++)
		s->first[i + 1] += s->first[i];
	for (u32 i = 0; i < n; i++)
		s->next[i] = s->first[i];
	for (u32 i = 0; i < m; i++)
		s->order[s->next[graph->edges[i].from]++] = i;
	return 0;
}

/* Takes the component that ends with node from the stack. */
static void scc_close(struct scc *s, u32 node, u32 *depth)
{
	u32 member;

	do {
		member = s->stack[--*depth];
		s->component[member] = s->component_count;
	} while (member != node);
	s->component_count++;
}

static void scc_walk(struct scc *s, u32 root, u32 *count, u32 *depth)
{
	u32 length = 0, node = root;

	s->path[length++] = node;
	s->index[node] = s->low[node] = (*count)++;
	s->stack[(*depth)++] = node;
	while (length > 0) {
		const struct rank_edge *edge;
		u32 at;

		node = s->path[length - 1];
		if (s->next[node] == s->first[node + 1]) {
			length--;
			if (s->low[node] == s->index[node])
				scc_close(s, node, depth);
			if (length > 0 && s->low[node] < s->low[s->path[length - 1]])
				s->low[s->path[length - 1]] = s->low[node];
			continue;
		}
		at = s->order[s->next[node]++];
		edge = &s->graph->edges[at];
		if (s->is_cut[at])
			continue;
		if (s->index[edge->to] == NONE) {
			s->index[edge->to] = s->low[edge->to] = (*count)++;
			s->stack[(*depth)++] = edge->to;
			s->path[length++] = edge->to;
		} else if (s->component[edge->to] == NONE && s->index[edge->to] < s->low[node]) {
			s->low[node] = s->index[edge->to];
		}
	}
}

static void scc_find(struct scc *s)
{
	u32 count = 0, depth = 0;

	s->component_count = 0;
	for (u32 i = 0; i < s->graph->node_count; i++) {
		s->component[i] = NONE;
		s->index[i] = NONE;
		s->next[i] = s->first[i];
	}
	for (u32 i = 0; i < s->graph->node_count; i++) {
		if (s->index[i] == NONE)
			scc_walk(s, i, &count, &depth);
	}
}

/* What one round learns of a component or of a node. */
struct round {
	u64 *node_bound; /* sum over the edges that enter from inside; 0: none does */
	bool *is_ranked; /* all of those have a bound */
	u64 *factor;	 /* by component: how often its inside is entered anew */
	u32 *open;	 /* by component: a node on a cycle, while no node of it is ranked */
};

static u64 add_sat(u64 a, u64 b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static u64 mul_sat(u64 a, u64 b)
{
	u64 product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* True when some cycle was left. */
static bool round_sum(struct scc *s, struct round *r)
{
	const struct rank_graph *graph = s->graph;
	bool has_cycle = false;

	for (u32 i = 0; i < graph->node_count; i++) {
		r->node_bound[i] = 0;
		r->is_ranked[i] = true;
		r->factor[i] = 1;
		r->open[i] = NONE;
	}
	for (u32 i = 0; i < graph->edge_count; i++) {
		const struct rank_edge *edge = &graph->edges[i];

		if (s->is_cut[i] || s->component[edge->from] != s->component[edge->to])
			continue;
		has_cycle = true;
		r->open[s->component[edge->to]] = edge->to;
		r->is_ranked[edge->to] &= edge->bound != 0;
		/* Each edge's bound is one of all visits over ranked edges: the greatest counts. */
		if (edge->bound > r->node_bound[edge->to])
			r->node_bound[edge->to] = edge->bound;
	}
	return has_cycle;
}

/* Cuts the ranked nodes' edges. A component without any: its node, else NONE. */
static u32 round_cut(struct scc *s, struct round *r, u64 *visits)
{
	const struct rank_graph *graph = s->graph;

	for (u32 i = 0; i < graph->node_count; i++) {
		u32 component = s->component[i];

		if (r->node_bound[i] == 0 || !r->is_ranked[i])
			continue;
		r->factor[component] = add_sat(r->factor[component], r->node_bound[i]);
		r->open[component] = NONE;
	}
	for (u32 i = 0; i < s->component_count; i++) {
		if (r->open[i] != NONE)
			return r->open[i];
	}
	for (u32 i = 0; i < graph->edge_count; i++) {
		const struct rank_edge *edge = &graph->edges[i];

		if (s->component[edge->from] == s->component[edge->to] && r->is_ranked[edge->to])
			s->is_cut[i] = true;
	}
	for (u32 i = 0; i < graph->node_count; i++)
		visits[i] = mul_sat(visits[i], r->factor[s->component[i]]);
	return NONE;
}

int rank_check(struct arena *arena, const struct rank_graph *graph, u64 *ret_visits, u32 *ret_node)
{
	u32 n = graph->node_count, open = NONE;
	struct round r;
	struct scc s;

	*ret_node = 0;
	r.node_bound = arena_array(arena, n, sizeof(u64));
	r.factor = arena_array(arena, n, sizeof(u64));
	r.is_ranked = arena_array(arena, n, sizeof(bool));
	r.open = arena_array(arena, n, sizeof(u32));
	if (r.node_bound == NULL || r.factor == NULL || r.is_ranked == NULL || r.open == NULL ||
	    scc_init(&s, arena, graph) != 0)
		return ERR_NOMEM;
	for (u32 i = 0; i < n; i++)
		ret_visits[i] = 1;
	for (u32 i = 0; i < ROUNDS; i++) {
		scc_find(&s);
		if (!round_sum(&s, &r))
			return 0;
		open = round_cut(&s, &r, ret_visits);
		if (open != NONE)
			break;
	}
	*ret_node = open != NONE ? open : 0;
	return ERR_LOOP;
}
