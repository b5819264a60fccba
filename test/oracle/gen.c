/* SPDX-License-Identifier: MIT */
/* The generator's state, what it emits, and whole programs. */
#include "gen.h"

#include "base/str.h"

bool gen_is_full(const struct gen *g)
{
	return g->count + 60 > PROGRAM_SLOTS || (g->c->at != NULL && g->c->left == 0);
}

u32 emit(struct gen *g, struct insn insn)
{
	if (g->count < PROGRAM_SLOTS)
		g->out->insns[g->count++] = insn;
	return g->count - 1;
}

u8 gen_size(struct gen *g)
{
	return (u8)(1u << pick(g->c, 4));
}

u8 gen_holding(struct gen *g, enum kind kind)
{
	u32 from = pick(g->c, BPF_REG_COUNT);

	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if (g->kinds[(from + i) % BPF_REG_COUNT] == kind)
			return (u8)((from + i) % BPF_REG_COUNT);
	}
	return BPF_REG_COUNT;
}

/* Rather one that is not in use. */
u8 gen_target(struct gen *g)
{
	u32 from = pick(g->c, 10);
	u8 found = BPF_REG_COUNT;

	for (u32 i = 0; i < 10; i++) {
		u8 reg = (u8)((from + i) % 10);

		if (is_locked(g, reg))
			continue;
		if (g->kinds[reg] <= K_NUMBER)
			return reg;
		if (found == BPF_REG_COUNT && g->kinds[reg] != K_CTX)
			found = reg;
	}
	return found < BPF_REG_COUNT ? found : 0;
}

u8 gen_saved(struct gen *g)
{
	u32 from = pick(g->c, 4);

	for (u32 i = 0; i < 4; i++) {
		u8 reg = (u8)(6 + (from + i) % 4);

		if (!is_locked(g, reg) && g->kinds[reg] != K_CTX)
			return reg;
	}
	return BPF_REG_COUNT;
}

bool gen_args_free(const struct gen *g)
{
	return (g->locked & 0x3f) == 0;
}

void gen_set(struct gen *g, u8 reg, enum kind kind)
{
	g->kinds[reg] = (u8)kind;
}

void mov_imm(struct gen *g, u8 dst, s64 imm)
{
	emit(g, (struct insn){ .kind = INSN_ALU,
			       .op = ALU_MOV,
			       .width = rarely(g, 4) ? 32 : 64,
			       .flags = INSN_IMM,
			       .dst = dst,
			       .imm = imm });
	gen_set(g, dst, K_NUMBER);
}

void mov(struct gen *g, u8 dst, u8 src)
{
	alu_reg(g, ALU_MOV, 64, dst, src);
	gen_set(g, dst, (enum kind)g->kinds[src]);
}

void alu_imm(struct gen *g, enum alu_op op, u8 dst, s64 imm)
{
	emit(g, (struct insn){ .kind = INSN_ALU,
			       .op = (u8)op,
			       .width = 64,
			       .flags = INSN_IMM,
			       .dst = dst,
			       .imm = imm });
}

void alu_reg(struct gen *g, enum alu_op op, u8 width, u8 dst, u8 src)
{
	emit(g, (struct insn){
			.kind = INSN_ALU, .op = (u8)op, .width = width, .dst = dst, .src = src });
}

void load(struct gen *g, u8 bytes, u8 dst, u8 src, s32 off, bool is_signed)
{
	emit(g, (struct insn){ .kind = INSN_LOAD,
			       .size = bytes,
			       .flags = is_signed && bytes < 8 ? INSN_SIGNED : 0,
			       .dst = dst,
			       .src = src,
			       .off = off });
	gen_set(g, dst, K_NUMBER);
}

void store(struct gen *g, u8 bytes, u8 dst, s32 off, u8 src)
{
	emit(g, (struct insn){
			.kind = INSN_STORE, .size = bytes, .dst = dst, .src = src, .off = off });
}

void store_imm(struct gen *g, u8 bytes, u8 dst, s32 off, s64 imm)
{
	emit(g, (struct insn){ .kind = INSN_STORE,
			       .size = bytes,
			       .flags = INSN_IMM,
			       .dst = dst,
			       .off = off,
			       .imm = imm });
}

void lddw(struct gen *g, enum lddw_op op, u8 dst, s64 imm, s32 off)
{
	emit(g,
	     (struct insn){ .kind = INSN_LDDW, .op = (u8)op, .dst = dst, .imm = imm, .off = off });
	emit(g, (struct insn){ .kind = INSN_LDDW_HIGH });
}

u32 jump_if(struct gen *g, enum jump_op op, u8 width, u8 dst, s64 imm)
{
	return emit(g, (struct insn){ .kind = INSN_JUMP_IF,
				      .op = (u8)op,
				      .width = width,
				      .flags = INSN_IMM,
				      .dst = dst,
				      .imm = imm });
}

u32 jump_reg(struct gen *g, enum jump_op op, u8 width, u8 dst, u8 src)
{
	return emit(g, (struct insn){ .kind = INSN_JUMP_IF,
				      .op = (u8)op,
				      .width = width,
				      .dst = dst,
				      .src = src });
}

u32 jump(struct gen *g)
{
	return emit(g, (struct insn){ .kind = INSN_JUMP });
}

void land(struct gen *g, u32 slot)
{
	g->out->insns[slot].off = (s32)(g->count - slot - 1);
}

void jump_back(struct gen *g, u32 slot, u32 head)
{
	g->out->insns[slot].off = (s32)head - (s32)slot - 1;
}

struct gen_saved_state gen_save(const struct gen *g)
{
	struct gen_saved_state s = { .init = g->init,
				     .has_key = g->has_key,
				     .has_buffer = g->has_buffer };

	memcpy(s.kinds, g->kinds, sizeof(s.kinds));
	return s;
}

void gen_restore(struct gen *g, const struct gen_saved_state *s)
{
	memcpy(g->kinds, s->kinds, sizeof(s->kinds));
	g->init = s->init;
	g->has_key = s->has_key;
	g->has_buffer = s->has_buffer;
}

void gen_meet(struct gen *g, const struct gen_saved_state *s)
{
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		if (g->kinds[reg] != s->kinds[reg])
			g->kinds[reg] = K_NONE;
	}
	g->init &= s->init;
	g->has_key &= s->has_key;
	g->has_buffer &= s->has_buffer;
}

/* A scalar field of the context into reg. */
static bool load_field(struct gen *g, u8 reg, u8 ctx)
{
	u32 from;

	if (g->ctx == NULL || g->ctx->field_count == 0)
		return false;
	from = pick(g->c, g->ctx->field_count);
	for (u32 i = 0; i < g->ctx->field_count; i++) {
		const struct spec_field *f = &g->ctx->fields[(from + i) % g->ctx->field_count];

		if (f->kind != FIELD_SCALAR || f->unit > 8 || (f->unit & (f->unit - 1)) != 0)
			continue;
		load(g, f->unit, reg, ctx, f->off, false);
		return true;
	}
	return false;
}

u8 gen_unknown(struct gen *g)
{
	u8 reg = gen_holding(g, K_NUMBER), ctx = gen_holding(g, K_CTX);

	if (reg < 10 && pick(g->c, 3) != 0)
		return reg;
	reg = gen_target(g);
	if (rarely(g, 6) || ctx == BPF_REG_COUNT || reg == ctx) {
		lddw(g, LDDW_MAP_VALUE, reg, PROGRAM_GLOBAL, 8);
		load(g, gen_size(g), reg, reg, 0, flip(g->c));
	} else if (!load_field(g, reg, ctx)) {
		mov_imm(g, reg, choice_imm(g->c));
	}
	return reg;
}

static void statement(struct gen *g)
{
	static void (*const list[])(struct gen *) = {
		gen_alu,
		gen_alu,
		gen_alu,
		gen_alu,
		gen_unary,
		gen_unary,
		gen_constant,
		gen_stack_store,
		gen_stack_store,
		gen_stack_load,
		gen_stack_load,
		gen_stack_variable,
		gen_if,
		gen_if,
		gen_if,
		gen_clamp,
		gen_choice,
		gen_choice,
		gen_choice,
		gen_choice,
		gen_loop,
		gen_loop,
		gen_lookup,
		gen_lookup,
		gen_global,
		gen_packet,
		gen_packet,
		gen_packet_loop,
		gen_packet_length,
		gen_moved,
		gen_callback,
		gen_ctx,
		gen_legacy,
		gen_inner,
		gen_helper,
		gen_helper,
		gen_helper,
		gen_record,
		gen_local,
		gen_callback,
		gen_tail_call,
		gen_iterator,
		gen_lock,
		gen_timer,
		gen_builtin,
		gen_leak,
		gen_socket,
	};

	static void (*const about_addresses[])(struct gen * g) = { gen_leak, gen_leak, gen_record,
								   gen_socket };

	if (g->is_leaky && flip(g->c))
		about_addresses[pick(g->c, ARRAY_COUNT(about_addresses))](g);
	else
		list[pick(g->c, ARRAY_COUNT(list))](g);
}

void gen_block(struct gen *g, u32 most)
{
	u32 count = 1 + pick(g->c, most);

	if (g->depth >= 4)
		return;
	g->depth++;
	for (u32 i = 0; i < count && !gen_is_full(g); i++)
		statement(g);
	g->depth--;
}

/* r0 as the function has to leave it. */
static void result(struct gen *g, u32 index)
{
	struct spec_range range = spec_result_of(g->type, NULL);

	if (g->is_callback)
		mov_imm(g, 0, g->callbacks[index] != ARG_FUNC_TIMER && rarely(g, 3) ? 1 : 0);
	else if (index == 0 && (range.least != INT32_MIN || range.most != INT32_MAX))
		mov_imm(g, 0, flip(g->c) ? range.least : range.most);
	else if (g->kinds[0] != K_NUMBER || rarely(g, 4))
		mov_imm(g, 0, choice_imm(g->c));
}

void gen_function(struct gen *g, u32 index)
{
	u32 start = g->count, statements = 1 + pick(g->c, index == 0 && !g->is_small ? 10 : 4);
	u32 mistake = UINT32_MAX;

	g->rank = index;
	g->init = 0;
	g->locked = 0;
	g->held = g->iterators = 0;
	g->has_key = g->has_buffer = false;
	g->is_callback = g->callbacks[index] != 0;
	memcpy(g->kinds, g->entries[index], sizeof(g->kinds));
	gen_set(g, BPF_REG_FP, K_STACK);
	for (u8 reg = 1; reg < 6; reg++) {
		if (g->kinds[reg] == K_CTX && g->kinds[6] == K_NONE)
			mov(g, 6, reg);
	}
	if (g->is_callback && g->kinds[2] == K_STACK) {
		load(g, 8, 0, 2, -8, false);
		if (flip(g->c)) {
			alu_imm(g, ALU_ADD, 0, 1);
			store(g, 8, 2, -8, 0);
		}
	}
	if (g->callbacks[index] == ARG_FUNC_TIMER)
		gen_timer_body(g);
	if ((g->movers >> index & 1) != 0)
		gen_move(g, 6);
	if (g->out->is_bad && index == 0 && (program_can_provoke(g->finding) || flip(g->c)))
		mistake = pick(g->c, statements);
	if (g->bodies[index] != 0)
		bad_body(g, index);
	/* For summaries to be missing there have to be some. */
	if (index == 0 &&
	    (g->finding == FINDING_PROOF_INSTANCE || g->finding == FINDING_PROOF_EXIT))
		gen_local(g);
	for (u32 i = 0; g->bodies[index] == 0 && i < statements && !gen_is_full(g); i++) {
		statement(g);
		if (i == mistake)
			gen_mistake(g);
	}
	if (g->bodies[index] == 0) {
		result(g, index);
		emit(g, (struct insn){ .kind = INSN_EXIT });
	}
	g->out->subprogs[index] = (struct prog_subprog){ .name = index == 0 ? "main" : "function",
							 .start = start,
							 .count = g->count - start,
							 .is_callback = g->is_callback };
}

static const struct {
	const char *name;
	enum map_kind kind;
	u32 key, value, entries, inner;
} map_rows[] = {
	{ "hash", MAP_KIND_HASH, 4, PROGRAM_VALUE, 4, 0 },
	{ "array", MAP_KIND_ARRAY, 4, PROGRAM_VALUE, 4, 0 },
	{ "global", MAP_KIND_ARRAY, 4, PROGRAM_GLOBAL_SIZE, 1, 0 },
	{ "constants", MAP_KIND_ARRAY, 4, PROGRAM_GLOBAL_SIZE, 1, 0 },
	{ "percpu_array", MAP_KIND_PERCPU_ARRAY, 4, PROGRAM_VALUE, 4, 0 },
	{ "lru_hash", MAP_KIND_LRU_HASH, 8, PROGRAM_VALUE, 4, 0 },
	{ "lpm_trie", MAP_KIND_LPM_TRIE, 8, PROGRAM_VALUE, 4, 0 },
	{ "queue", MAP_KIND_QUEUE, 0, PROGRAM_VALUE, 4, 0 },
	{ "stack", MAP_KIND_STACK, 0, PROGRAM_VALUE, 4, 0 },
	{ "ringbuf", MAP_KIND_RINGBUF, 0, 0, 4096, 0 },
	{ "array_of_maps", MAP_KIND_ARRAY_OF_MAPS, 4, 4, 4, PROGRAM_ARRAY },
	{ "hash_of_maps", MAP_KIND_HASH_OF_MAPS, 4, 4, 4, PROGRAM_HASH },
	{ "prog_array", MAP_KIND_PROG_ARRAY, 4, 4, 4, 0 },
	{ "perf_events", MAP_KIND_PERF_EVENT_ARRAY, 4, 4, 4, 0 },
	{ "percpu_hash", MAP_KIND_PERCPU_HASH, 4, PROGRAM_VALUE, 4, 0 },
	{ "bloom_filter", MAP_KIND_BLOOM_FILTER, 0, PROGRAM_VALUE, 4, 0 },
	/* What follows the run time does not offer. */
	{ "sockmap", MAP_KIND_SOCKMAP, 4, 4, 4, 0 },
	{ "sockhash", MAP_KIND_SOCKHASH, 8, 4, 4, 0 },
	{ "devmap", MAP_KIND_DEVMAP, 4, 4, 4, 0 },
	{ "cpumap", MAP_KIND_CPUMAP, 4, 4, 4, 0 },
	{ "xskmap", MAP_KIND_XSKMAP, 4, 4, 4, 0 },
	{ "stack_trace", MAP_KIND_STACK_TRACE, 4, 8, 4, 0 },
	{ "cgroup_array", MAP_KIND_CGROUP_ARRAY, 4, 4, 4, 0 },
	{ "sk_storage", MAP_KIND_SK_STORAGE, 4, PROGRAM_VALUE, 1, 0 },
	{ "cgroup_storage", MAP_KIND_CGROUP_STORAGE, 16, PROGRAM_VALUE, 1, 0 },
	{ "reuseport", MAP_KIND_REUSEPORT_SOCKARRAY, 4, 4, 4, 0 },
	/* Values with a lock; with a lock and a timer. */
	{ "locks", MAP_KIND_HASH, 4, PROGRAM_LOCKED, 4, 0 },
	{ "timers", MAP_KIND_ARRAY, 4, PROGRAM_TIMED, 4, 0 },
	{ "lock_maps", MAP_KIND_ARRAY_OF_MAPS, 4, 4, 4, PROGRAM_LOCKS },
};
#define PLAIN_MAPS 15
_Static_assert(ARRAY_COUNT(map_rows) <= PROGRAM_MAPS, "one place each");

static void make_funcs(struct program *p)
{
	static const struct prog_func funcs[PROGRAM_FUNCS] = {
		[PROGRAM_ITER_NEW] = { .name = "bpf_iter_num_new" },
		[PROGRAM_ITER_NEXT] = { .name = "bpf_iter_num_next" },
		[PROGRAM_ITER_DESTROY] = { .name = "bpf_iter_num_destroy" },
		[PROGRAM_MEMSET] = { .name = "memset" },
		[PROGRAM_MEMCPY] = { .name = "memcpy" },
		[PROGRAM_MEMMOVE] = { .name = "memmove" },
		[PROGRAM_MEMCMP] = { .name = "memcmp" },
		[PROGRAM_NO_CONTRACT] = { .name = "bpf_rcu_read_lock" },
		[PROGRAM_NO_FUNC] = { .name = "nobody_has_this" },
	};

	static const struct prog_var vars[PROGRAM_VARS] = {
		[PROGRAM_VARIABLE] = { .name = "jiffies" },
		[PROGRAM_CONFIG] = { .name = "CONFIG_HZ", .is_config = true, .size = 8 },
	};

	p->prog.funcs = funcs;
	p->prog.func_count = PROGRAM_FUNCS;
	p->prog.vars = vars;
	p->prog.var_count = PROGRAM_VARS;
}

static void make_maps(struct program *p, bool is_plain)
{
	static const struct prog_map_field fields[] = {
		{ PROGRAM_LOCK_AT, 4, MAP_FIELD_LOCK },
		{ PROGRAM_TIMER_AT, 16, MAP_FIELD_TIMER },
	};
	static u8 initial[PROGRAM_GLOBAL_SIZE] = { 1, 2, 3, 4, 0xff, 0xfe, 0x80, 0x7f, 0,   0,
						   0, 1, 5, 6, 7,    8,	   'n',	 '=',  '%', 'd' };

	p->prog.maps = p->maps;
	p->prog.map_count = is_plain ? PLAIN_MAPS : ARRAY_COUNT(map_rows);
	for (u32 i = 0; i < p->prog.map_count; i++) {
		const struct spec_map_type *type = spec_map_type_by_kind(map_rows[i].kind);
		bool is_global = i == PROGRAM_GLOBAL || i == PROGRAM_CONST;

		p->maps[i] = (struct prog_map){
			.name = map_rows[i].name,
			.type = type,
			.key_size = map_rows[i].key,
			.value_size = map_rows[i].value,
			.max_entries = map_rows[i].entries,
			.inner = (type->flags & MAP_TYPE_OF_MAPS) != 0 ? map_rows[i].inner
								       : PROG_NO_INDEX,
			.initial = is_global ? initial : NULL,
			.initial_len = is_global ? PROGRAM_GLOBAL_SIZE : 0,
			.is_global = is_global,
			.read_only = i == PROGRAM_CONST,
		};
		if (i == PROGRAM_LOCKS || i == PROGRAM_TIMERS) {
			p->maps[i].fields = fields;
			p->maps[i].field_count = i == PROGRAM_LOCKS ? 1 : 2;
		}
	}
}

u32 gen_map_of(struct gen *g, u64 kinds)
{
	u32 count = g->out->prog.map_count, from = pick(g->c, count);

	for (u32 i = 0; i < count; i++) {
		const struct prog_map *map = &g->out->maps[(from + i) % count];
		bool is_known = g->dialect == DIALECT_WINDOWS ? map->type->windows != 0
							      : map->type->linux_ != 0;

		if (is_known && (kinds >> map->type->kind & 1) != 0 && map->field_count == 0 &&
		    map->inner != PROGRAM_LOCKS && (!map->is_global || rarely(g, 4)))
			return (from + i) % count;
	}
	return PROGRAM_MAPS;
}

/* Mostly those with packets and many helpers. */
static const struct spec_prog_type *choose_type(struct gen *g)
{
	static const char *const usual[] = { "xdp",    "xdp",		"sched_cls",  "sched_cls",
					     "kprobe", "socket_filter", "cgroup_skb", "sk_lookup" };
	const struct spec_prog_type *type = gen_needed_type(g);
	u32 what = pick(g->c, 10), count = 0;

	if (type != NULL)
		return type;
	g->dialect = rarely(g, 3) ? DIALECT_WINDOWS : DIALECT_LINUX;
	if (what == 0)
		return spec_prog_type_by_name(DIALECT_UNKNOWN, "raw");
	if (g->dialect == DIALECT_WINDOWS && what < 7)
		return spec_prog_type_by_name(g->dialect, "xdp");
	if (g->dialect == DIALECT_LINUX && what < 8)
		return spec_prog_type_by_name(g->dialect, usual[pick(g->c, ARRAY_COUNT(usual))]);
	while (spec_prog_type_at(count) != NULL)
		count++;
	count = MAX(count, 1u);
	for (u32 i = pick(g->c, count);; i++) {
		type = spec_prog_type_at(i % count);
		if (type->dialect == g->dialect && type->ctx != NULL)
			return type;
	}
}

static void patch_calls(struct gen *g)
{
	for (u32 i = 0; i < g->call_count; i++) {
		u32 to = g->out->subprogs[g->call_subprogs[i]].start;

		g->out->insns[g->calls[i]].off = (s32)to - (s32)g->calls[i] - 1;
	}
}

/* Mostly none. */
static u32 some_rules(struct gen *g)
{
	static const u8 all[] = { RULE_UNPRIVILEGED, RULE_STRICT,  RULE_LEAKS,	 RULE_LEAKS,
				  RULE_ALIGNED,	     RULE_ALIGNED, RULE_DIVISOR, RULE_UNINIT };
	u32 rules = gen_needed_rules(g);

	if (g->is_plain)
		return 0;
	if (rarely(g, 5))
		rules |= all[pick(g->c, ARRAY_COUNT(all))];
	if (rarely(g, 100))
		rules |= RULE_NO_END;
	return rules;
}

void program_policy(u32 rules, struct check_policy *policy)
{
	policy->unprivileged = (rules & RULE_UNPRIVILEGED) != 0;
	policy->strict = (rules & RULE_STRICT) != 0;
	policy->allow_leaks = (rules & RULE_LEAKS) != 0;
	policy->strict_alignment = (rules & RULE_ALIGNED) != 0;
	policy->no_division_by_zero = (rules & RULE_DIVISOR) != 0;
	policy->no_termination = (rules & RULE_NO_END) != 0;
	policy->allow_uninit_stack = (rules & RULE_UNINIT) != 0;
}

void program_make(struct choice *choice, enum program_form form, u32 finding,
		  struct program *ret_program)
{
	struct gen gen = { .c = choice, .out = ret_program }, *g = &gen;

	memset(ret_program, 0, sizeof(*ret_program));
	g->is_plain = form == PROGRAM_PLAIN;
	g->is_small = form == PROGRAM_SMALL;
	g->finding = finding;
	ret_program->prog.section = "";
	make_maps(ret_program, g->is_plain);
	if (!g->is_plain)
		make_funcs(ret_program);
	g->type = choose_type(g);
	g->ctx = g->type->ctx;
	ret_program->rules = some_rules(g);
	g->is_leaky = !g->is_plain && finding == FINDING_NONE && rarely(g, 8);
	if (g->is_leaky && !has_rule(g, RULE_UNPRIVILEGED))
		ret_program->rules |= RULE_LEAKS;
	g->may_leak = !has_rule(g, RULE_UNPRIVILEGED) &&
		      (has_rule(g, RULE_LEAKS) || (g->type->flags & PROG_TYPE_PRIVILEGED) != 0);
	ret_program->is_bad = program_can_provoke(finding) || (!g->is_small && rarely(g, 4));
	g->entries[0][1] = g->ctx != NULL ? K_CTX : K_VALUE; /* raw: so many bytes at least */
	if (g->ctx == NULL)
		g->entries[0][2] = K_NUMBER;
	g->subprog_count = 1;
	gen_function(g, 0);
	for (u32 i = 1; i < g->subprog_count; i++)
		gen_function(g, i);
	patch_calls(g);
	ret_program->prog.name = "random";
	ret_program->prog.dialect = g->dialect;
	ret_program->prog.type = g->has_no_type ? NULL : g->type;
	ret_program->prog.insns = ret_program->insns;
	ret_program->prog.insn_count = g->count;
	ret_program->prog.subprogs = ret_program->subprogs;
	ret_program->prog.subprog_count = g->subprog_count;
	if (ret_program->is_bad && !g->has_mistake)
		gen_bad(g);
}
