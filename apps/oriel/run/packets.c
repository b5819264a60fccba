/* SPDX-License-Identifier: MIT */
/* `oriel run --attach xdp --interface IF FILE`: frames of interfaces, while programs are attached.
 */
#include "run.h"

#include "base/mem.h"
#include "base/str.h"

#define NAME_MAX_LEN 15 /* of an interface */

bool run_packets_hook(const char *hook)
{
	return str_eq(hook, "xdp") || str_eq(hook, "xdp.frags");
}

static int remember(struct run_packets *packets, u32 ifindex)
{
	for (size_t i = 0; i < packets->interfaces.count; i++)
		if (packets->interfaces.items[i] == ifindex)
			return 0;
	if (vec_push(&packets->interfaces, ifindex) == 0)
		return 0;
	cli_error(packets->cli, NULL, "out of memory");
	return CLI_FAILED;
}

int run_packets_next(struct run_packets *packets, const char **at, u32 *ret_ifindex)
{
	size_t len = strcspn(*at, ",");
	char name[NAME_MAX_LEN + 1];
	struct error err = { 0 };
	u32 ifindex;
	int status;

	if (len == 0 || len >= sizeof(name)) {
		cli_error(packets->cli, "--interface IF[,IF...]", "--interface: '%s' is no name",
			  *at);
		return CLI_USAGE;
	}
	memcpy(name, *at, len);
	name[len] = '\0';
	if (divert_interface(name, &ifindex, &err) < 0) {
		cli_error(packets->cli, "'ip link' lists them", "--interface: %s", err.text);
		return CLI_USAGE;
	}
	status = remember(packets, ifindex);
	if (status != 0)
		return status;
	*at = (*at)[len] == ',' ? *at + len + 1 : NULL;
	*ret_ifindex = ifindex;
	return 0;
}

int run_packets_start(struct run_packets *packets)
{
	struct divert_options options = {
		.size = sizeof(options),
		.interfaces = packets->interfaces.items,
		.interface_count = (u32)packets->interfaces.count,
		.hooks = packets->hooks,
		.hook_count = packets->hook_count,
		.busy_poll_ns = packets->busy_poll_us * 1000,
	};
	struct error err = { 0 };
	int r;

	if (options.interface_count == 0)
		return 0;
	r = divert_start(&options, &packets->divert, &err);
	if (r == 0)
		return 0;
	cli_error(packets->cli,
		  r == ERR_PERM || r == ERR_ACCES
			  ? "it takes CAP_NET_ADMIN and CAP_NET_RAW, as root "
			    "and 'unshare -Urn' have them"
			  : NULL,
		  "--attach xdp: %s", err.text);
	return CLI_FAILED;
}

static void show(struct run_packets *packets, const struct divert_stats *stats)
{
	struct json json;

	if (!cli_json(packets->cli)) {
		cli_printf(packets->cli,
			   "%llu packets: %llu passed, %llu dropped, %llu sent, %llu redirected",
			   stats->seen, stats->passed, stats->dropped, stats->sent,
			   stats->redirected);
		if (stats->aborted > 0)
			cli_printf(packets->cli, "; %llu had no verdict", stats->aborted);
		if (stats->lost > 0)
			cli_printf(packets->cli, "; %llu could not be delivered", stats->lost);
		cli_printf(packets->cli, "\n");
		return;
	}
	json_init(&json, &packets->cli->out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "packets", stats->seen);
	json_u64(&json, "passed", stats->passed);
	json_u64(&json, "dropped", stats->dropped);
	json_u64(&json, "sent", stats->sent);
	json_u64(&json, "redirected", stats->redirected);
	json_u64(&json, "aborted", stats->aborted);
	json_u64(&json, "lost", stats->lost);
	json_object_end(&json);
	cli_printf(packets->cli, "\n");
}

static void add(struct divert_stats *sum, const struct divert_stats *stats)
{
	sum->seen += stats->seen;
	sum->passed += stats->passed;
	sum->dropped += stats->dropped;
	sum->sent += stats->sent;
	sum->redirected += stats->redirected;
	sum->aborted += stats->aborted;
	sum->lost += stats->lost;
}

void run_packets_stop(struct run_packets *packets, bool is_shown)
{
	struct divert_stats sum = { 0 };
	struct divert_stats *stats;

	if (packets->divert == NULL)
		return;
	stats = mem_zalloc_array(packets->interfaces.count, sizeof(*stats));
	divert_stop(packets->divert, stats);
	packets->divert = NULL;
	for (size_t i = 0; stats != NULL && i < packets->interfaces.count; i++)
		add(&sum, &stats[i]);
	if (is_shown)
		show(packets, &sum);
	mem_free(stats);
}

void run_packets_fini(struct run_packets *packets)
{
	vec_free(&packets->interfaces);
}
