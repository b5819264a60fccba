/* SPDX-License-Identifier: MIT */
/* Links. Whoever attaches finds the hook under the lock, marks it busy, and calls it without the
 * lock, as do those who detach: hooks wait for their events. A hook that is unregistered is not
 * found any more; its links are detached one by one, and when none is busy that is all of them. */
#include "runtime/link.h"

#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"
#include "runtime/invocation.h"

/* --- what hooks call --- */

static int link_run_in(struct runtime_link *link, u32 slot, void *ctx, u64 arg2, u64 *ret_result)
{
	struct runtime_prog *prog = __atomic_load_n(&link->prog, __ATOMIC_ACQUIRE);

	if (UNLIKELY(prog == NULL))
		return ERR_NOENT;
	return runtime_invoke_in(link->rt, slot, prog, ctx, arg2, ret_result);
}

static int client_invoke(void *binding, void *context, u32 *ret_result)
{
	struct runtime_link *link = binding;
	u32 slot = runtime_enter(link->rt);
	u64 result;
	int r;

	if (slot == EPOCH_NONE)
		return ERR_BUSY;
	r = link_run_in(link, slot, context, 0, &result);
	runtime_leave(link->rt, slot);
	if (r == 0)
		*ret_result = (u32)result;
	return r;
}

static int client_batch_begin(void *binding, size_t state_size, void *state)
{
	const struct runtime_link *link = binding;
	u32 slot;

	if (state_size < sizeof(slot))
		return ERR_INVAL;
	slot = runtime_enter(link->rt);
	if (slot == EPOCH_NONE)
		return ERR_BUSY;
	memcpy(state, &slot, sizeof(slot));
	return 0;
}

static int client_batch_invoke(void *binding, void *context, const void *state, u32 *ret_result)
{
	u64 result;
	u32 slot;
	int r;

	memcpy(&slot, state, sizeof(slot));
	r = link_run_in(binding, slot, context, 0, &result);
	if (r == 0)
		*ret_result = (u32)result;
	return r;
}

static int client_batch_end(void *binding, void *state)
{
	const struct runtime_link *link = binding;
	u32 slot;

	memcpy(&slot, state, sizeof(slot));
	runtime_leave(link->rt, slot);
	return 0;
}

static const struct ext_dispatch dispatch = {
	EXT_HEADER(struct ext_dispatch, batch_end),
	client_invoke,
	client_batch_begin,
	client_batch_invoke,
	client_batch_end,
};

/* --- attaching --- */

static bool is_zero(const struct guid *guid)
{
	static const struct guid zero;

	return guid_equal(guid, &zero);
}

/* With a reference, and busy. */
static int find_hook(struct runtime *rt, const struct guid *attach, struct provider **ret_hook,
		     struct error *err)
{
	struct provider *hook;

	os_mutex_take(&rt->admin);
	hook = provider_find(rt, PROVIDER_HOOK, attach);
	if (hook != NULL)
		__atomic_add_fetch(&hook->busy, 1, __ATOMIC_RELAXED);
	os_mutex_give(&rt->admin);
	if (hook == NULL)
		return error_set(err, ERR_NOENT, "no extension provides that attach type");
	*ret_hook = hook;
	return 0;
}

static void leave_hook(struct provider *hook)
{
	__atomic_sub_fetch(&hook->busy, 1, __ATOMIC_RELEASE);
	provider_put(hook);
}

static int check_type(const struct provider *hook, const struct runtime_prog *prog,
		      struct error *err)
{
	const struct guid *wants = &hook->attach.supported_program_type;

	if (is_zero(wants) || guid_equal(wants, &prog->prog->type->guid))
		return 0;
	return error_set(err, ERR_INVAL, "programs of type %s do not go there",
			 prog->prog->type->name);
}

static void free_retired(struct epoch_item *item)
{
	mem_free(CONTAINER_OF(item, struct runtime_link, retired));
}

static void drop_prog(struct runtime_prog *prog)
{
	if (prog == NULL)
		return;
	__atomic_sub_fetch(&prog->links, 1, __ATOMIC_RELAXED);
	core_put(&prog->core);
}

static void release(struct core_object *core)
{
	struct runtime_link *link = CONTAINER_OF(core, struct runtime_link, core);

	link_detach(link);
	epoch_retire(&link->rt->epoch, &link->retired, free_retired);
}

static int new_link(struct runtime *rt, const struct link_options *options,
		    struct runtime_link **ret_link, struct error *err)
{
	struct runtime_link *link;
	int r;

	if (options->param_len > LINK_PARAM_MAX ||
	    (options->param == NULL && options->param_len > 0))
		return error_set(err, ERR_INVAL, "%zu bytes of parameters, at most %u are possible",
				 options->param_len, LINK_PARAM_MAX);
	link = mem_zalloc(sizeof(*link));
	if (link == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a link");
	core_object_init(&link->core, CORE_LINK, NULL, release);
	link->rt = rt;
	link->attach = options->attach_type;
	link->param_len = (u32)options->param_len;
	if (link->param_len > 0)
		memcpy(link->param, options->param, link->param_len);
	core_get(&options->prog->core);
	__atomic_add_fetch(&options->prog->links, 1, __ATOMIC_RELAXED);
	link->prog = options->prog;
	r = core_table_add(&rt->ids[CORE_LINK], &link->core);
	if (r < 0) {
		drop_prog(link->prog);
		mem_free(link);
		return error_set(err, r, "%s",
				 r == ERR_NOSPC ? "too many links" : "no memory for a link");
	}
	*ret_link = link;
	return 0;
}

/* The hook is busy with us. */
static int attach_to(struct provider *hook, struct runtime_link *link, u32 flags, struct error *err)
{
	struct ext_extension_data data = { EXT_HEADER(struct ext_extension_data, prog_attach_flags),
					   link->param_len == 0 ? NULL : link->param,
					   link->param_len, flags };
	struct ext_client client = { EXT_HEADER(struct ext_client, binding), &data, &dispatch,
				     link };
	int r = hook->hook.attach(hook->hook.arg, &client, &link->binding, err);

	if (r < 0) {
		if (err != NULL && err->status == 0)
			error_set(err, r, "the hook refuses: %s", error_name(r));
		return r;
	}
	os_mutex_take(&link->rt->admin);
	link->link_type = hook->attach.link_type;
	link->attach_number = hook->attach.bpf_attach_type;
	link->hook = hook;
	link->next = hook->links;
	hook->links = link;
	os_mutex_give(&link->rt->admin);
	return 0;
}

int link_attach(struct runtime *rt, const struct link_options *options,
		struct runtime_link **ret_link, struct error *err)
{
	struct runtime_link *link;
	struct provider *hook;
	int r = find_hook(rt, &options->attach_type, &hook, err);

	if (r < 0)
		return r;
	if (err != NULL)
		*err = (struct error){ 0 };
	r = check_type(hook, options->prog, err);
	if (r == 0)
		r = new_link(rt, options, &link, err);
	if (r == 0) {
		r = attach_to(hook, link, options->flags, err);
		if (r < 0)
			core_put_user(&link->core);
	}
	leave_hook(hook);
	if (r == 0)
		*ret_link = link;
	return r;
}

/* --- detaching --- */

/* Takes the link out of its hook's list; the hook is busy with us then. rt->admin is taken. */
static struct provider *take_out(struct runtime_link *link)
{
	struct provider *hook = link->hook;
	struct runtime_link **at;

	if (hook == NULL)
		return NULL;
	for (at = &hook->links; *at != link;)
		at = &(*at)->next;
	*at = link->next;
	link->hook = NULL;
	__atomic_add_fetch(&hook->refs, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&hook->busy, 1, __ATOMIC_RELAXED);
	return hook;
}

/* The last steps: events do not reach the link when the hook has let go of it. */
static void let_go(struct provider *hook, struct runtime_link *link)
{
	struct runtime_prog *prog;

	hook->hook.detach(hook->hook.arg, link->binding);
	os_mutex_take(&link->rt->admin); /* others look at the program under it */
	prog = __atomic_exchange_n(&link->prog, NULL, __ATOMIC_ACQ_REL);
	os_mutex_give(&link->rt->admin);
	drop_prog(prog);
	leave_hook(hook);
}

int link_detach(struct runtime_link *link)
{
	struct provider *hook;

	os_mutex_take(&link->rt->admin);
	hook = take_out(link);
	os_mutex_give(&link->rt->admin);
	if (hook != NULL)
		let_go(hook, link);
	else if (__atomic_load_n(&link->core.refs, __ATOMIC_RELAXED) == 0) /* never attached */
		drop_prog(__atomic_exchange_n(&link->prog, NULL, __ATOMIC_ACQ_REL));
	return hook == NULL ? ERR_NOENT : 0;
}

/* Detaches a link that the hook keeps, or that a user has. A user may give it back meanwhile; then
 * it is theirs to detach. */
static bool detach_one(struct runtime *rt, struct provider *hook)
{
	struct runtime_link *link;
	bool legacy = false;

	os_mutex_take(&rt->admin);
	link = hook->links;
	while (link != NULL && !core_try_get(&link->core))
		link = link->next;
	if (link != NULL) {
		legacy = link->legacy;
		link->legacy = false;
		(void)take_out(link);
	}
	os_mutex_give(&rt->admin);
	if (link == NULL)
		return false;
	let_go(hook, link);
	core_put(&link->core);
	if (legacy)
		core_put_user(&link->core);
	return true;
}

void link_detach_all(struct runtime *rt, struct provider *hook)
{
	u32 round = 0;

	for (;;) {
		bool left;

		while (detach_one(rt, hook))
			;
		os_mutex_take(&rt->admin);
		left = hook->links != NULL || __atomic_load_n(&hook->busy, __ATOMIC_ACQUIRE) != 0;
		os_mutex_give(&rt->admin);
		if (!left)
			break;
		os_relax(round++);
	}
}

/* --- another program --- */

static int exchange_prog(struct runtime_link *link, struct runtime_prog *prog,
			 const struct runtime_prog *old, struct runtime_prog **ret_was,
			 struct error *err)
{
	struct runtime_prog *was = __atomic_load_n(&link->prog, __ATOMIC_RELAXED);

	if (link->hook == NULL || was == NULL)
		return error_set(err, ERR_NOENT, "the link is detached");
	if (old != NULL && old != was)
		return error_set(err, ERR_PERM, "another program is attached");
	if (was->prog->type != prog->prog->type)
		return error_set(err, ERR_INVAL, "a program of type %s for one of type %s",
				 prog->prog->type->name, was->prog->type->name);
	core_get(&prog->core);
	__atomic_add_fetch(&prog->links, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&link->prog, prog, __ATOMIC_RELEASE);
	*ret_was = was;
	return 0;
}

int link_update(struct runtime_link *link, struct runtime_prog *prog, struct runtime_prog *old,
		struct error *err)
{
	struct runtime_prog *was = NULL;
	int r;

	os_mutex_take(&link->rt->admin);
	r = exchange_prog(link, prog, old, &was, err);
	os_mutex_give(&link->rt->admin);
	drop_prog(was); /* who runs it is inside an epoch */
	return r;
}

/* --- without a link --- */

/* The one that the hook keeps for that parameter, with a reference. rt->admin is taken. */
static struct runtime_link *find_kept(struct provider *hook, const struct link_options *options)
{
	for (struct runtime_link *link = hook->links; link != NULL; link = link->next)
		if (link->legacy && link->param_len == options->param_len &&
		    (link->param_len == 0 ||
		     memcmp(link->param, options->param, link->param_len) == 0) &&
		    core_try_get(&link->core))
			return link;
	return NULL;
}

static int kept(struct runtime *rt, const struct link_options *options,
		struct runtime_link **ret_link, struct error *err)
{
	struct provider *hook;
	int r = find_hook(rt, &options->attach_type, &hook, err);

	if (r < 0)
		return r;
	os_mutex_take(&rt->admin);
	*ret_link = find_kept(hook, options);
	os_mutex_give(&rt->admin);
	leave_hook(hook);
	return 0;
}

int prog_attach(struct runtime *rt, const struct link_options *options, struct error *err)
{
	struct runtime_link *link;
	int r = kept(rt, options, &link, err);

	if (r < 0)
		return r;
	if (link != NULL) {
		r = link_update(link, options->prog, NULL, err);
		core_put(&link->core);
		return r;
	}
	r = link_attach(rt, options, &link, err);
	if (r < 0)
		return r;
	os_mutex_take(&rt->admin);
	link->legacy = link->hook != NULL;
	r = link->legacy ? 0 : ERR_NOENT;
	os_mutex_give(&rt->admin);
	if (r < 0) {
		core_put_user(&link->core);
		error_set(err, r, "the extension is going");
	}
	return r;
}

static bool claim(struct runtime *rt, struct runtime_link *link, const struct runtime_prog *prog)
{
	bool ours;

	os_mutex_take(&rt->admin);
	ours = link->legacy && (prog == NULL || prog == link->prog);
	if (ours)
		link->legacy = false;
	os_mutex_give(&rt->admin);
	return ours;
}

int prog_detach(struct runtime *rt, const struct link_options *options, struct error *err)
{
	struct runtime_link *link;
	int r = kept(rt, options, &link, err);

	if (r < 0)
		return r;
	if (link == NULL || !claim(rt, link, options->prog)) {
		if (link != NULL)
			core_put(&link->core);
		return error_set(err, ERR_NOENT, "%s is attached there",
				 link == NULL ? "nothing" : "another program");
	}
	link_detach(link);
	core_put(&link->core);
	core_put_user(&link->core);
	return 0;
}

void link_get_info(struct runtime_link *link, struct link_info *ret_info)
{
	const struct runtime_prog *prog;

	*ret_info = (struct link_info){
		.id = link->core.id,
		.pins = __atomic_load_n(&link->core.pins, __ATOMIC_RELAXED),
		.attach_guid = link->attach,
		.param_len = link->param_len,
	};
	for (u32 i = 0; i < LINK_VERDICTS; i++)
		ret_info->verdicts[i] = __atomic_load_n(&link->verdicts[i], __ATOMIC_RELAXED);
	ret_info->other_verdicts = __atomic_load_n(&link->other_verdicts, __ATOMIC_RELAXED);
	ret_info->failures = __atomic_load_n(&link->failures, __ATOMIC_RELAXED);
	_Static_assert(sizeof(ret_info->param) == sizeof(link->param), "all of it");
	memcpy(ret_info->param, link->param, sizeof(ret_info->param));
	/* It has its id before it is attached. */
	os_mutex_take(&link->rt->admin);
	prog = __atomic_load_n(&link->prog, __ATOMIC_RELAXED);
	ret_info->link_type = link->link_type;
	ret_info->attach_number = link->attach_number;
	ret_info->attached = link->hook != NULL;
	if (prog != NULL) {
		ret_info->prog_id = prog->core.id;
		ret_info->prog_type_guid = prog->prog->type->guid;
	}
	os_mutex_give(&link->rt->admin);
}
