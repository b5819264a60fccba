/* SPDX-License-Identifier: MIT */
/* From an event to its programs: the short way, without memory to be taken or copied. */
#include "base/str.h"
#include "os/os.h"
#include "os/probe.h"
#include "runtime/invocation.h"
#include "runtime/trace.h"

#define LEASE_NS 300000000 /* long enough for invocations, which are short */

static NOINLINE u32 wait_for_slot(struct runtime *rt, u32 hint)
{
	u64 begin = os_clock_monotonic();
	u32 slot = EPOCH_NONE;

	for (u32 round = 0; slot == EPOCH_NONE && os_clock_monotonic() - begin < LEASE_NS;
	     round++) {
		os_relax(round);
		slot = epoch_enter(&rt->epoch, hint);
	}
	return slot;
}

u32 runtime_lease(struct runtime *rt, u32 hint)
{
	u32 slot = epoch_enter(&rt->epoch, hint);

	return LIKELY(slot != EPOCH_NONE) ? slot : wait_for_slot(rt, hint);
}

static NOINLINE void trace_fault(const struct invocation *inv)
{
	struct error why = { 0 };

	invocation_summarise(inv, &why);
	OS_PROBE("fault", inv->exec.slot, inv->prog->core.id, (uintptr_t)why.text,
		 strlen(why.text));
	if (inv->rt->events != NULL)
		invocation_trace(inv, TRACE_FAULT, why.text, strlen(why.text));
}

static inline u64 run(struct invocation *inv, const struct runtime_prog *prog, void *ctx)
{
	struct exec *exec = &inv->exec;
	u64 result;

	exec->tail_calls = 0;
	for (;;) {
		const struct prog_code *code = __atomic_load_n(&prog->code, __ATOMIC_ACQUIRE);

		inv->prog = prog;
		exec->code = code;
		exec->unchecked = prog->facts != NULL;
		exec->tail_call = NULL;
		result = code->entry(exec, ctx);
		if (LIKELY(exec->tail_call == NULL) || exec->fault.status != 0)
			break;
		prog = inv->tail;
	}
	if (UNLIKELY(inv->reserved_count > 0))
		invocation_discard_reserved(inv);
	if (UNLIKELY(exec->fault.status != 0))
		trace_fault(inv);
	return result;
}

/* The slot's owner alone writes its counters. */
static void count(u64 *counter, u64 more)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + more,
			 __ATOMIC_RELAXED);
}

static NOINLINE u64 run_counted(struct invocation *inv, const struct runtime_prog *prog, void *ctx)
{
	struct prog_count *counts = __atomic_load_n(&prog->counts, __ATOMIC_ACQUIRE);
	u64 begin, result;

	if (counts == NULL)
		return run(inv, prog, ctx);
	begin = os_clock_monotonic();
	result = run(inv, prog, ctx);
	counts += inv->exec.slot;
	count(&counts->ns, os_clock_monotonic() - begin);
	count(&counts->runs, 1);
	return result;
}

u64 invocation_run(struct invocation *inv, const struct runtime_prog *prog, void *ctx)
{
	if (UNLIKELY(__atomic_load_n(&inv->rt->counting, __ATOMIC_RELAXED) != 0))
		return run_counted(inv, prog, ctx);
	return run(inv, prog, ctx);
}

u32 runtime_enter(struct runtime *rt)
{
	return runtime_lease(rt, os_cpu_current());
}

void runtime_leave(struct runtime *rt, u32 slot)
{
	epoch_leave(&rt->epoch, slot);
}

/* A pointer of the context's. */
static u64 field_value(const struct spec_field *field, const u8 *ctx)
{
	u64 value = 0;

	if (field->size <= sizeof(value))
		memcpy(&value, ctx + field->off, field->size);
	return value;
}

NOINLINE void invocation_add_regions(struct invocation *inv, const struct runtime_prog *prog,
				     u8 *ctx, u64 len)
{
	const struct spec_ctx *layout = prog->prog->type->ctx;
	struct exec *exec = &inv->exec;
	u64 data = 0, end = 0;

	exec->regions[exec->region_count++] =
		(struct exec_region){ (u64)(uintptr_t)ctx, layout != NULL ? layout->size : len,
				      true };
	for (u32 i = 0; layout != NULL && i < layout->field_count; i++) {
		const struct spec_field *field = &layout->fields[i];

		if (field->kind == FIELD_DATA)
			data = field_value(field, ctx);
		else if (field->kind == FIELD_DATA_END)
			end = field_value(field, ctx);
	}
	if (end > data)
		exec->regions[exec->region_count++] =
			(struct exec_region){ data, end - data, true };
	inv->fixed_regions = exec->region_count;
	inv->value_region = exec->region_count;
}

static void begin(struct invocation *inv, void *ctx, u64 arg2)
{
	invocation_reset(inv);
	((struct ctx_header *)ctx)[-1].exec = &inv->exec;
	inv->exec.ctx = ctx;
	inv->exec.arg2 = arg2;
	inv->exec.budget = DEFAULT_BUDGET;
}

int runtime_invoke_in(struct runtime *rt, u32 slot, struct runtime_prog *prog, void *ctx, u64 arg2,
		      u64 *ret_result)
{
	struct invocation *inv = rt->slot_data[slot].inv;
	u64 result;

	if (UNLIKELY(__atomic_load_n(&prog->unbound, __ATOMIC_ACQUIRE)))
		return ERR_NOTSUP;
	begin(inv, ctx, arg2);
	if (UNLIKELY(prog->facts == NULL))
		invocation_add_regions(inv, prog, ctx, arg2);
	result = invocation_run(inv, prog, ctx);
	if (UNLIKELY(inv->exec.fault.status != 0))
		return inv->exec.fault.status;
	*ret_result = result;
	return 0;
}

/* Context and packet, which may be empty at first and then grow. */
static void add_packet_regions(struct invocation *inv, const struct runtime_prog *prog, void *ctx)
{
	struct exec *exec = &inv->exec;

	exec->regions[0] =
		(struct exec_region){ (u64)(uintptr_t)ctx, prog->prog->type->ctx->size, true };
	exec->regions[1].writable = true; /* packet_publish sets the rest */
	exec->region_count = 2;
	inv->fixed_regions = 2;
	inv->value_region = 2;
}

int runtime_invoke_packet(struct runtime *rt, u32 slot, struct runtime_prog *prog, void *ctx,
			  struct runtime_packet *packet, u64 *ret_result)
{
	struct invocation *inv = rt->slot_data[slot].inv;
	struct packet_room room;
	u64 result;

	if (UNLIKELY(__atomic_load_n(&prog->unbound, __ATOMIC_ACQUIRE)))
		return ERR_NOTSUP;
	if (UNLIKELY(!packet_room_of(prog->prog->type, packet, ctx, &room)))
		return ERR_INVAL;
	begin(inv, ctx, 0);
	inv->room = room;
	inv->prog = prog;
	add_packet_regions(inv, prog, ctx);
	packet_publish(inv);
	result = invocation_run(inv, prog, ctx);
	packet->meta = (u8 *)(uintptr_t)inv->room.meta;
	packet->data = (u8 *)(uintptr_t)inv->room.data;
	packet->end = (u8 *)(uintptr_t)inv->room.end;
	if (UNLIKELY(inv->exec.fault.status != 0))
		return inv->exec.fault.status;
	*ret_result = result;
	return 0;
}

const struct runtime_redirect *runtime_redirect_of(const struct runtime *rt, u32 slot)
{
	return &rt->slot_data[slot].inv->redirect;
}

int runtime_invoke(struct runtime_prog *prog, void *ctx, u64 arg2, u64 *ret_result)
{
	struct runtime *rt = prog->rt;
	u32 slot = runtime_enter(rt);
	int r;

	if (UNLIKELY(slot == EPOCH_NONE))
		return ERR_BUSY;
	r = runtime_invoke_in(rt, slot, prog, ctx, arg2, ret_result);
	runtime_leave(rt, slot);
	return r;
}
