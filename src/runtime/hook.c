/* SPDX-License-Identifier: MIT */
/* Hooks of several programs. Events read a list that never changes; attaching and detaching put
 * another one in its place, and detaching waits for those who read the old one. */
#include "runtime/hook.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "runtime/invocation.h"

struct hook_client {
	struct runtime_link *link;
	u32 param; /* 0: all */
};

struct hook_list {
	struct epoch_item retired;
	u32 count;
	struct hook_client clients[];
};

struct hook {
	struct runtime *rt;
	struct hook_options options;
	struct provider *provider;
	struct os_mutex mutex;	/* attaching and detaching */
	struct hook_list *list; /* atomic; NULL: nobody */
	bool uses_param;	/* atomic */
};

static void free_list(struct epoch_item *item)
{
	mem_free(CONTAINER_OF(item, struct hook_list, retired));
}

static void publish(struct hook *hook, struct hook_list *list)
{
	struct hook_list *old = hook->list;

	__atomic_store_n(&hook->list, list, __ATOMIC_RELEASE);
	if (old != NULL)
		epoch_retire(&hook->rt->epoch, &old->retired, free_list);
}

static int take_param(const struct hook_options *options, const struct ext_extension_data *data,
		      u32 *ret_param, struct error *err)
{
	u32 param = 0;

	if (data->data_size == 0) {
		if (options->needs_param)
			return error_set(err, ERR_INVAL, "the hook needs a parameter of 4 bytes");
		*ret_param = 0;
		return 0;
	}
	if (!options->has_param)
		return error_set(err, ERR_INVAL, "the hook takes no parameter");
	if (data->data_size != sizeof(param))
		return error_set(err, ERR_INVAL, "a parameter of %zu bytes, not 4",
				 data->data_size);
	memcpy(&param, data->data, sizeof(param));
	if (param == 0 && options->needs_param)
		return error_set(err, ERR_INVAL, "the hook's parameter must not be 0");
	*ret_param = param;
	return 0;
}

static int check_room(const struct hook *hook, u32 param, struct error *err)
{
	const struct hook_list *list = hook->list;
	u32 same = 0, others = 0;
	bool all = false;

	for (u32 i = 0; list != NULL && i < list->count; i++) {
		if (list->clients[i].link == NULL)
			continue;
		same += list->clients[i].param == param;
		others += list->clients[i].param != param;
		all |= list->clients[i].param == 0;
	}
	switch (hook->options.mode) {
	case HOOK_SINGLE:
		if (same + others > 0)
			return error_set(err, ERR_BUSY, "a program is attached there already");
		break;
	case HOOK_SINGLE_EACH:
		if (same > 0)
			return error_set(err, ERR_BUSY,
					 "a program is attached there already, for the same "
					 "parameter");
		if (others > 0 && (param == 0 || all))
			return error_set(err, ERR_BUSY,
					 "a program for all is alone, and others are attached");
		break;
	case HOOK_MULTI:
		if (same >= HOOK_MAX_EACH)
			return error_set(err, ERR_NOSPC, "%u programs are attached there already",
					 same);
		break;
	}
	return 0;
}

static int add(struct hook *hook, struct runtime_link *link, u32 param, struct error *err)
{
	u32 count = hook->list == NULL ? 0 : hook->list->count;
	struct hook_list *list =
		mem_zalloc(sizeof(*list) + (count + 1) * sizeof(struct hook_client));

	if (list == NULL)
		return error_set(err, ERR_NOMEM, "no memory to attach a program");
	for (u32 i = 0; i < count; i++)
		if (hook->list->clients[i].link != NULL)
			list->clients[list->count++] = hook->list->clients[i];
	list->clients[list->count++] = (struct hook_client){ link, param };
	if (param != 0)
		__atomic_store_n(&hook->uses_param, true, __ATOMIC_RELAXED);
	publish(hook, list);
	return 0;
}

static int attach(void *arg, const struct ext_client *client, void **ret_binding, struct error *err)
{
	struct hook *hook = arg;
	u32 param;
	int r = take_param(&hook->options, client->data, &param, err);

	if (r < 0)
		return r;
	os_mutex_take(&hook->mutex);
	r = check_room(hook, param, err);
	if (r == 0)
		r = add(hook, client->binding, param, err);
	os_mutex_give(&hook->mutex);
	if (r == 0)
		*ret_binding = client->binding;
	return r;
}

/* Without memory for a shorter list the place is left empty: detaching does not fail. */
static void detach(void *arg, void *binding)
{
	struct hook *hook = arg;
	struct hook_list *list = NULL, *old;
	u32 count = 0;

	os_mutex_take(&hook->mutex);
	old = hook->list;
	if (old->count > 1)
		list = mem_zalloc(sizeof(*list) + (old->count - 1) * sizeof(struct hook_client));
	if (list == NULL && old->count > 1) {
		for (u32 i = 0; i < old->count; i++)
			if (old->clients[i].link == binding)
				__atomic_store_n(&old->clients[i].link, NULL, __ATOMIC_RELEASE);
	} else {
		for (u32 i = 0; i < old->count && list != NULL; i++)
			if (old->clients[i].link != binding)
				list->clients[count++] = old->clients[i];
		if (list != NULL)
			list->count = count;
		publish(hook, list);
	}
	os_mutex_give(&hook->mutex);
	epoch_synchronize(&hook->rt->epoch);
}

int hook_new(struct runtime *rt, const struct hook_options *options, struct hook **ret_hook,
	     struct error *err)
{
	const struct ext_attach_data data = { EXT_HEADER(struct ext_attach_data, section),
					      options->prog_type,
					      options->attach_number,
					      options->link_type,
					      options->name,
					      options->section };
	struct ext_hook provider = { EXT_HEADER(struct ext_hook, detach),
				     options->attach_type,
				     &data,
				     NULL,
				     attach,
				     detach };
	struct hook *hook = mem_zalloc(sizeof(*hook));
	int r;

	if (hook == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a hook");
	hook->rt = rt;
	hook->options = *options;
	provider.arg = hook;
	r = runtime_register_hook(rt, &provider, &hook->provider, err);
	if (r < 0) {
		mem_free(hook);
		return r;
	}
	*ret_hook = hook;
	return 0;
}

void hook_free(struct hook *hook)
{
	if (hook == NULL)
		return;
	runtime_unregister(hook->rt, hook->provider);
	mem_free(hook->list); /* of empty places */
	mem_free(hook);
}

struct provider *hook_provider(const struct hook *hook)
{
	return hook->provider;
}

bool hook_is_used(const struct hook *hook)
{
	return __atomic_load_n(&hook->list, __ATOMIC_RELAXED) != NULL;
}

bool hook_uses_param(const struct hook *hook)
{
	return __atomic_load_n(&hook->uses_param, __ATOMIC_RELAXED);
}

/* --- events --- */

struct event {
	struct hook *hook;
	void *context;
	u64 arg2;
	u32 slot;
	u32 rank; /* of the verdict, from 1 on; 0: nobody has run */
	u32 verdict;
	u32 ran;
	bool over;
	struct runtime_packet *packet;	   /* NULL: there is none */
	struct runtime_redirect *redirect; /* NULL: nobody asks */
};

static void take(struct event *event, u32 verdict)
{
	event->verdict = verdict;
	if (event->redirect != NULL)
		*event->redirect = *runtime_redirect_of(event->hook->rt, event->slot);
}

/* Higher is stronger. */
static u32 rank_of(const struct hook_verdicts *verdicts, u32 verdict)
{
	for (u32 i = 0; i < verdicts->count; i++)
		if (verdicts->order[i] == verdict)
			return i + 1;
	return 0;
}

static void take_verdict(struct event *event, int status, u32 verdict)
{
	const struct hook_verdicts *verdicts = event->hook->options.verdicts;
	u32 rank;

	if (verdicts == NULL) {
		if (status == 0)
			take(event, verdict);
		return;
	}
	rank = status == 0 ? rank_of(verdicts, verdict) : 0;
	if (rank == 0) {
		verdict = verdicts->other;
		rank = rank_of(verdicts, verdict);
	}
	if (event->ran == 1 || rank > event->rank) {
		event->rank = rank;
		take(event, verdict);
	}
	event->over = verdict == verdicts->stop;
}

static NOINLINE void count_verdict(struct runtime_link *link, int status, u32 verdict)
{
	u64 *counter = &link->failures;

	if (status == 0)
		counter =
			verdict < LINK_VERDICTS ? &link->verdicts[verdict] : &link->other_verdicts;
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* ERR_NOENT: it is being detached. The program is the same to the end, whatever is put in its
 * place. */
static int run_one(const struct event *event, const struct runtime_link *link, u64 *ret_result)
{
	const struct hook_options *options = &event->hook->options;
	struct runtime_prog *prog = __atomic_load_n(&link->prog, __ATOMIC_ACQUIRE);

	if (UNLIKELY(prog == NULL))
		return ERR_NOENT;
	if (options->prepare != NULL)
		options->prepare(options->arg, event->context, prog_ctx_loads(prog));
	if (event->packet == NULL)
		return runtime_invoke_in(link->rt, event->slot, prog, event->context, event->arg2,
					 ret_result);
	return runtime_invoke_packet(link->rt, event->slot, prog, event->context, event->packet,
				     ret_result);
}

static void run_for(struct event *event, struct hook_list *list, u32 param)
{
	const struct hook_options *options = &event->hook->options;

	for (u32 i = 0; i < list->count && !event->over; i++) {
		struct runtime_link *link =
			__atomic_load_n(&list->clients[i].link, __ATOMIC_ACQUIRE);
		u64 result = 0;
		int r;

		if (list->clients[i].param != param || link == NULL)
			continue;
		r = run_one(event, link, &result);
		if (r == ERR_NOENT)
			continue;
		event->ran++;
		if (UNLIKELY(__atomic_load_n(&link->rt->counting, __ATOMIC_RELAXED) != 0))
			count_verdict(link, r, (u32)result);
		take_verdict(event, r, (u32)result);
		if (!event->over && options->done != NULL)
			event->over = options->done(options->arg, event->context);
	}
}

int hook_run(struct hook *hook, u32 param, void *context, u64 arg2, u32 *ret_verdict)
{
	const struct hook_verdicts *verdicts = hook->options.verdicts;
	struct event event = { .hook = hook, .context = context, .arg2 = arg2 };
	struct hook_list *list;

	event.verdict = verdicts == NULL ? 0 : verdicts->nothing;
	event.slot = runtime_enter(hook->rt);
	if (event.slot == EPOCH_NONE)
		return ERR_BUSY;
	list = __atomic_load_n(&hook->list, __ATOMIC_ACQUIRE);
	if (list != NULL && param != 0)
		run_for(&event, list, param);
	if (list != NULL)
		run_for(&event, list, 0);
	runtime_leave(hook->rt, event.slot);
	*ret_verdict = event.verdict;
	return (int)event.ran;
}

int hook_batch_begin(struct hook *hook, struct hook_batch *ret_batch)
{
	u32 slot = runtime_enter(hook->rt);

	if (slot == EPOCH_NONE)
		return ERR_BUSY;
	*ret_batch =
		(struct hook_batch){ hook, __atomic_load_n(&hook->list, __ATOMIC_ACQUIRE), slot };
	return 0;
}

int hook_batch_run(const struct hook_batch *batch, u32 param, void *context,
		   struct runtime_packet *packet, u32 *ret_verdict,
		   struct runtime_redirect *ret_redirect)
{
	const struct hook_verdicts *verdicts = batch->hook->options.verdicts;
	struct event event = { .hook = batch->hook,
			       .context = context,
			       .slot = batch->slot,
			       .packet = packet,
			       .redirect = ret_redirect };

	event.verdict = verdicts == NULL ? 0 : verdicts->nothing;
	if (ret_redirect != NULL)
		ret_redirect->kind = REDIRECT_NONE;
	if (batch->list != NULL && param != 0)
		run_for(&event, batch->list, param);
	if (batch->list != NULL)
		run_for(&event, batch->list, 0);
	*ret_verdict = event.verdict;
	return (int)event.ran;
}

void hook_batch_end(struct hook_batch *batch)
{
	runtime_leave(batch->hook->rt, batch->slot);
	*batch = (struct hook_batch){ 0 };
}
