/* SPDX-License-Identifier: MIT */
/* One run of a program: its memory, its context, repetitions, tail calls. */
#include "base/mem.h"
#include "base/str.h"
#include "os/lock.h"
#include "os/os.h"
#include "runtime/invocation.h"

#define DEFAULT_BATCH 64

/* Everything that a run needs; the context's header is in front of it. */
struct setup {
	struct runtime_prog *prog;
	struct runtime_run *run;
	struct invocation *inv; /* of the slot that is leased */
	struct ctx_header *header;
	u8 *ctx;
	size_t ctx_size; /* what the program may touch of it */
	bool is_raw;
	u8 *data; /* what the program sees as the packet; run->data or in block */
	void *block;
	size_t block_len;
	bool low;		   /* it is below 4 GiB */
	struct packet_room room;   /* between batches */
	struct provider *provider; /* who made the context; NULL: we did */
};

static const struct spec_field *field_of(const struct spec_ctx *ctx, enum spec_field_kind kind)
{
	for (u32 i = 0; ctx != NULL && i < ctx->field_count; i++)
		if (ctx->fields[i].kind == kind)
			return &ctx->fields[i];
	return NULL;
}

static bool is_pointer(const struct spec_field *field)
{
	return field->kind != FIELD_SCALAR && field->kind != FIELD_PACKET_LEN;
}

static bool takes_data(const struct spec_prog_type *type)
{
	return (type->flags & (PROG_TYPE_RAW | PROG_TYPE_LEGACY_PACKET)) != 0 ||
	       field_of(type->ctx, FIELD_DATA) != NULL;
}

static int check_run(const struct spec_prog_type *type, const struct runtime_run *run,
		     struct error *err)
{
	if ((run->ctx == NULL && run->ctx_len > 0) || (run->data == NULL && run->data_len > 0) ||
	    (run->data_cap != 0 && run->data_cap < run->data_len))
		return error_set(err, ERR_INVAL, "lengths without memory");
	if ((type->flags & PROG_TYPE_RAW) != 0 && run->ctx_len > 0)
		return error_set(err, ERR_INVAL,
				 "programs of type %s take data and have no context", type->name);
	if (type->ctx != NULL && run->ctx_len > type->ctx->size)
		return error_set(err, ERR_INVAL,
				 "a context of %zu bytes is longer than %s, which has %u",
				 run->ctx_len, type->ctx->name, type->ctx->size);
	if (run->data_len > 0 && !takes_data(type))
		return error_set(err, ERR_INVAL, "programs of type %s take no data", type->name);
	if (run->data_len > UINT32_MAX || run->ctx_len > UINT32_MAX)
		return error_set(err, ERR_TOOBIG, "context or data over 4 GiB");
	return 0;
}

static int alloc_context(struct setup *s, struct error *err)
{
	s->header = mem_zalloc(sizeof(*s->header) + s->ctx_size);
	if (s->header == NULL)
		return error_set(err, ERR_NOMEM, "no memory to run the program");
	s->ctx = (u8 *)(s->header + 1);
	return 0;
}

/* Where the packet lies: the caller's memory, or some with room around it when programs may change
 * its bounds, below 4 GiB when the context's pointers have 4 bytes. */
static int place_data(struct setup *s, struct error *err)
{
	const struct spec_field *field = field_of(s->prog->prog->type->ctx, FIELD_DATA);
	struct runtime_run *run = s->run;
	bool movable = packet_is_movable(s->prog->prog->type);

	s->data = run->data;
	if (s->is_raw || field == NULL)
		return 0;
	s->low = field->size == 4;
	if (!movable && !s->low)
		return 0;
	s->block_len = run->data_len;
	if (movable)
		s->block_len = PACKET_RUN_HEAD + MAX(run->data_len, (size_t)PACKET_MAX);
	s->block = s->low ? os_low_alloc(s->block_len) : mem_zalloc(s->block_len);
	if (s->block == NULL)
		return error_set(err, ERR_NOMEM, "no memory%s for the packet, as %s needs it",
				 s->low ? " below 4 GiB" : "", s->prog->prog->type->ctx->name);
	s->data = (u8 *)s->block + (movable ? PACKET_RUN_HEAD : 0);
	if (run->data_len > 0)
		memcpy(s->data, run->data, run->data_len);
	if (movable) {
		struct packet_room *room = &s->room;

		room->low = (u64)(uintptr_t)s->block;
		room->high = room->low + s->block_len;
		room->data = (u64)(uintptr_t)s->data;
		room->meta = room->data;
		room->end = room->data + run->data_len;
		room->ctx = s->ctx;
		room->pointer_size = s->low ? 4 : 8;
	}
	return 0;
}

static void free_data(struct setup *s)
{
	if (s->low)
		os_low_free(s->block, s->block_len);
	else
		mem_free(s->block);
}

static void set_field(struct setup *s, const struct spec_field *field, u64 value)
{
	if (field->off + field->size <= s->ctx_size && field->size <= sizeof(value))
		memcpy(s->ctx + field->off, &value, field->size);
}

/* Before each repetition, since a program may have written over them. */
static void set_packet(struct setup *s)
{
	const struct spec_ctx *ctx = s->prog->prog->type->ctx;
	u64 data = (u64)(uintptr_t)s->data;

	if (s->room.high != 0) {
		s->inv->prog = s->prog;
		packet_publish(s->inv);
		return;
	}
	for (u32 i = 0; ctx != NULL && i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		switch ((enum spec_field_kind)field->kind) {
		case FIELD_SCALAR: break;
		case FIELD_DATA:
		case FIELD_DATA_META: set_field(s, field, data); break;
		case FIELD_DATA_END: set_field(s, field, data + s->run->data_len); break;
		case FIELD_POINTER: set_field(s, field, 0); break;
		case FIELD_PACKET_LEN: set_field(s, field, s->run->data_len); break;
		}
	}
}

static void add_region(struct exec *exec, const void *base, size_t size)
{
	exec->regions[exec->region_count++] =
		(struct exec_region){ (u64)(uintptr_t)base, size, true };
}

static void fill_context(struct setup *s)
{
	struct runtime_run *run = s->run;
	const void *from = s->is_raw ? run->data : run->ctx;
	size_t len = s->is_raw ? run->data_len : run->ctx_len;

	if (len > 0)
		memcpy(s->ctx, from, len);
}

/* At the begin of each batch: the slot may be another one. */
static void start(struct setup *s)
{
	struct invocation *inv = s->inv;
	struct exec *exec = &inv->exec;
	const struct spec_prog_type *type = s->prog->prog->type;

	invocation_reset(inv);
	((struct ctx_header *)(void *)s->ctx)[-1].exec = exec;
	exec->ctx = s->ctx;
	if (s->provider != NULL) {
		invocation_add_regions(inv, s->prog, s->ctx, 0);
		return;
	}
	add_region(exec, s->ctx, s->ctx_size);
	if (s->is_raw)
		exec->arg2 = ((struct ctx_header *)(void *)s->ctx - 1)->arg2 = s->run->data_len;
	else if (s->run->data_len > 0 || s->room.high != 0)
		add_region(exec, s->data, s->run->data_len);
	inv->room = s->room;
	inv->fixed_regions = exec->region_count;
	inv->value_region = exec->region_count;
	if ((type->flags & PROG_TYPE_LEGACY_PACKET) != 0) {
		inv->packet.data = s->data;
		inv->packet.len = (u32)s->run->data_len;
		exec->packet = &inv->packet;
	}
}

/* The packet with its metadata, where it was changed somewhere else than in the caller's memory. */
static int give_back_data(const struct setup *s, struct error *err)
{
	struct runtime_run *run = s->run;
	size_t cap = MAX(run->data_cap, run->data_len), len = run->data_len;
	const void *from = s->is_raw ? s->ctx : s->block == NULL ? NULL : s->data;

	if (s->room.high != 0) {
		from = (const void *)(uintptr_t)s->room.meta;
		len = (size_t)(s->room.end - s->room.meta);
	}
	if (from != NULL && MIN(len, cap) > 0)
		memcpy(run->data, from, MIN(len, cap));
	run->data_len = MIN(len, cap);
	return len <= cap ? 0
			  : error_set(err, ERR_NOSPC,
				      "the packet has %zu bytes now, more than the %zu for it", len,
				      cap);
}

/* What the program left, without addresses: those fields keep the caller's bytes. */
static void give_back(const struct setup *s)
{
	struct runtime_run *run = s->run;
	const struct spec_ctx *ctx = s->prog->prog->type->ctx;
	u32 at = 0, end = (u32)run->ctx_len;
	u8 *out = run->ctx;

	/* Fields are in order of their offsets. */
	for (u32 i = 0; ctx != NULL && i < ctx->field_count && at < end; i++) {
		const struct spec_field *field = &ctx->fields[i];
		u32 stop = MIN((u32)field->off, end);

		if (!is_pointer(field))
			continue;
		if (stop > at)
			memcpy(out + at, s->ctx + at, stop - at);
		at = MAX(at, (u32)field->off + field->size);
	}
	if (at < end)
		memcpy(out + at, s->ctx + at, end - at);
}

/* Between two batches nobody who waits for what programs hold has to wait for this one. */
static int run_batch(struct setup *s, u32 count, u32 *hint)
{
	struct runtime_run *run = s->run;
	struct runtime *rt = s->prog->rt;
	u32 slot = runtime_lease(rt, *hint);
	u64 begin;

	if (slot == EPOCH_NONE)
		return ERR_BUSY;
	*hint = slot;
	s->inv = rt->slot_data[slot].inv;
	if (__atomic_load_n(&s->prog->unbound, __ATOMIC_ACQUIRE)) {
		epoch_leave(&rt->epoch, slot);
		return ERR_NOTSUP;
	}
	start(s);
	begin = os_clock_monotonic();
	for (u32 i = 0; i < count && s->inv->exec.fault.status == 0; i++) {
		if (s->provider == NULL)
			set_packet(s);
		s->inv->exec.budget = run->budget == 0 ? DEFAULT_BUDGET : run->budget;
		run->result = invocation_run(s->inv, s->prog, s->ctx);
	}
	run->duration_ns += os_clock_monotonic() - begin;
	run->fault = s->inv->exec.fault;
	run->redirect = s->inv->redirect.kind == REDIRECT_NONE ? (struct runtime_redirect){ 0 }
							       : s->inv->redirect;
	s->room = s->inv->room;
	return 0;
}

static int repeat(struct setup *s, struct error *err)
{
	struct runtime_run *run = s->run;
	struct runtime *rt = s->prog->rt;
	u32 left = MAX(run->repeat, 1u), hint = os_cpu_current();
	u32 batch = run->batch == 0 ? DEFAULT_BATCH : run->batch;
	int r = 0;

	run->duration_ns = 0;
	run->redirect = (struct runtime_redirect){ 0 };
	run->fault = (struct exec_fault){ 0 };
	while (r == 0 && left > 0 && run->fault.status == 0) {
		u32 count = MIN(left, batch);

		left -= count;
		r = run_batch(s, count, &hint);
		if (r == ERR_BUSY)
			return error_set(err, r, "%u programs are running already", rt->cpus);
		if (r < 0)
			return error_set(
				err, r, "the provider of type %s, which the program needs, is gone",
				s->prog->prog->type->name);
		if (run->fault.status != 0)
			r = invocation_explain(s->inv, err);
		epoch_leave(&rt->epoch, hint);
	}
	return r;
}

/* The type's extension makes contexts of its own, with which its helpers can work. */
static int run_with_provider(struct setup *s, struct error *err)
{
	const struct ext_program_data *data = &s->provider->program;
	struct runtime_run *run = s->run;
	void *ctx = NULL;
	int r = data->context_create(run->data, run->data_len, run->ctx, run->ctx_len, &ctx);

	if (r < 0 || ctx == NULL)
		return error_set(
			err, r < 0 ? r : ERR_INVAL,
			"the extension of type %s makes no context of these %zu and %zu bytes",
			s->prog->prog->type->name, run->ctx_len, run->data_len);
	s->ctx = ctx;
	r = repeat(s, err);
	run->data_len = MAX(run->data_len, run->data_cap);
	data->context_destroy(ctx, run->data, &run->data_len, run->ctx, &run->ctx_len);
	return r;
}

/* Its extension does not go while it is busy. */
static struct provider *context_provider(const struct runtime_prog *prog)
{
	struct runtime *rt = prog->rt;
	struct provider *provider;

	os_mutex_take(&rt->admin);
	provider = prog->provider;
	if (provider != NULL && (provider->gone || provider->program.context_create == NULL))
		provider = NULL;
	if (provider != NULL)
		__atomic_add_fetch(&provider->busy, 1, __ATOMIC_RELAXED);
	os_mutex_give(&rt->admin);
	return provider;
}

static int run_plain(struct setup *s, struct error *err)
{
	const struct spec_prog_type *type = s->prog->prog->type;
	struct runtime_run *run = s->run;
	int r;

	s->is_raw = (type->flags & PROG_TYPE_RAW) != 0;
	s->ctx_size = s->is_raw		  ? run->data_len
		      : type->ctx != NULL ? type->ctx->size
					  : run->ctx_len;
	r = alloc_context(s, err);
	if (r < 0)
		return r;
	r = place_data(s, err);
	if (r == 0) {
		fill_context(s);
		r = repeat(s, err);
		if (run->fault.status != 0 || r == 0) {
			int too_long = give_back_data(s, r == 0 ? err : NULL);

			give_back(s);
			r = r == 0 ? too_long : r;
		}
	}
	free_data(s);
	mem_free(s->header);
	return r;
}

int runtime_run(struct runtime_prog *prog, struct runtime_run *run, struct error *err)
{
	struct setup s = { .prog = prog, .run = run };
	int r = check_run(prog->prog->type, run, err);

	if (r < 0)
		return r;
	s.provider = context_provider(prog);
	if (s.provider == NULL)
		return run_plain(&s, err);
	r = run_with_provider(&s, err);
	__atomic_sub_fetch(&s.provider->busy, 1, __ATOMIC_RELEASE);
	return r;
}
