/* SPDX-License-Identifier: MIT */
/* Rules of nftables and tc: three chains and a filter for each interface.
 *
 *     interface: what has no mark goes to the tap; then what has the mark loses it
 *     tap:       what comes from it gets the mark and goes to veth a
 *     veth b:    everything comes in at the interface (tc)
 *
 * The table belongs to our socket where the kernel knows such tables: nobody else changes it, and
 * it is gone when we are, so that a process that was killed does not cut the host off. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

#include "base/format.h"
#include "base/str.h"
#include "divert/internal.h"

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2
#endif

#define TABLE_NAME 32
/* Before all others' chains, as programs in a kernel are. */
#define PRIORITY_TAKE	 (-2000)
#define PRIORITY_RESTORE (-1999)

static void table_name(u32 ifindex, char ret[TABLE_NAME])
{
	format(ret, TABLE_NAME, "oriel-%u", ifindex);
}

/* --- nftables --- */

static void edge(struct netlink_batch *batch, u16 type)
{
	const struct nfgenmsg header = { .nfgen_family = AF_UNSPEC,
					 .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_mark(batch, type, &header, sizeof(header));
}

static void request(struct netlink_batch *batch, u16 type, u16 flags)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_NETDEV };

	netlink_message(batch, (u16)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &header,
			sizeof(header));
}

static void add_table(struct netlink_batch *batch, const char *table, bool owned)
{
	request(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	netlink_text(batch, NFTA_TABLE_NAME, table);
	if (owned)
		netlink_be32(batch, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
}

static void add_chain(struct netlink_batch *batch, const char *table, const char *chain,
		      const char *device, s32 priority)
{
	size_t hook;

	request(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	netlink_text(batch, NFTA_CHAIN_TABLE, table);
	netlink_text(batch, NFTA_CHAIN_NAME, chain);
	hook = netlink_nest(batch, NFTA_CHAIN_HOOK);
	netlink_be32(batch, NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
	netlink_be32(batch, NFTA_HOOK_PRIORITY, (u32)priority);
	netlink_text(batch, NFTA_HOOK_DEV, device);
	netlink_nest_end(batch, hook);
	netlink_be32(batch, NFTA_CHAIN_POLICY, NF_ACCEPT);
	netlink_text(batch, NFTA_CHAIN_TYPE, "filter");
}

/* One expression of a rule: its name and attributes between. */
struct expression {
	size_t element, data;
};

static struct expression expression(struct netlink_batch *batch, const char *name)
{
	struct expression e = { .element = netlink_nest(batch, NFTA_LIST_ELEM) };

	netlink_text(batch, NFTA_EXPR_NAME, name);
	e.data = netlink_nest(batch, NFTA_EXPR_DATA);
	return e;
}

static void expression_end(struct netlink_batch *batch, struct expression e)
{
	netlink_nest_end(batch, e.data);
	netlink_nest_end(batch, e.element);
}

static void value(struct netlink_batch *batch, u16 type, u32 number)
{
	size_t nest = netlink_nest(batch, type);

	netlink_u32(batch, NFTA_DATA_VALUE, number);
	netlink_nest_end(batch, nest);
}

static void match_mark(struct netlink_batch *batch, u32 mark, bool equal)
{
	struct expression e = expression(batch, "meta");

	netlink_be32(batch, NFTA_META_DREG, NFT_REG_1);
	netlink_be32(batch, NFTA_META_KEY, NFT_META_MARK);
	expression_end(batch, e);
	e = expression(batch, "cmp");
	netlink_be32(batch, NFTA_CMP_SREG, NFT_REG_1);
	netlink_be32(batch, NFTA_CMP_OP, equal ? NFT_CMP_EQ : NFT_CMP_NEQ);
	value(batch, NFTA_CMP_DATA, mark);
	expression_end(batch, e);
}

static void load(struct netlink_batch *batch, u32 number)
{
	struct expression e = expression(batch, "immediate");

	netlink_be32(batch, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	value(batch, NFTA_IMMEDIATE_DATA, number);
	expression_end(batch, e);
}

static void set_mark(struct netlink_batch *batch, u32 mark)
{
	struct expression e;

	load(batch, mark);
	e = expression(batch, "meta");
	netlink_be32(batch, NFTA_META_KEY, NFT_META_MARK);
	netlink_be32(batch, NFTA_META_SREG, NFT_REG_1);
	expression_end(batch, e);
}

static void forward(struct netlink_batch *batch, u32 ifindex)
{
	struct expression e;

	load(batch, ifindex);
	e = expression(batch, "fwd");
	netlink_be32(batch, NFTA_FWD_SREG_DEV, NFT_REG_1);
	expression_end(batch, e);
}

static size_t rule(struct netlink_batch *batch, const char *table, const char *chain)
{
	request(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_text(batch, NFTA_RULE_TABLE, table);
	netlink_text(batch, NFTA_RULE_CHAIN, chain);
	return netlink_nest(batch, NFTA_RULE_EXPRESSIONS);
}

static int add_chains(struct divert *divert, struct port *port, bool owned, struct error *err)
{
	struct netlink_batch batch;
	char table[TABLE_NAME];
	size_t nest;

	table_name(port->ifindex, table);
	netlink_init(&batch);
	edge(&batch, NFNL_MSG_BATCH_BEGIN);
	add_table(&batch, table, owned);
	add_chain(&batch, table, "back", port->tap_name, 0);
	nest = rule(&batch, table, "back");
	set_mark(&batch, port->mark);
	forward(&batch, port->a_index);
	netlink_nest_end(&batch, nest);
	add_chain(&batch, table, "restore", port->name, PRIORITY_RESTORE);
	nest = rule(&batch, table, "restore");
	match_mark(&batch, port->mark, true);
	set_mark(&batch, 0);
	netlink_nest_end(&batch, nest);
	add_chain(&batch, table, "take", port->name, PRIORITY_TAKE);
	nest = rule(&batch, table, "take");
	match_mark(&batch, port->mark, false);
	forward(&batch, port->tap_index);
	netlink_nest_end(&batch, nest);
	edge(&batch, NFNL_MSG_BATCH_END);
	return netlink_send(&divert->filter, &batch, err);
}

static int delete_named(struct divert *divert, u16 type, u16 attr, const char *name, u16 attr2,
			const char *name2)
{
	struct netlink_batch batch;

	netlink_init(&batch);
	edge(&batch, NFNL_MSG_BATCH_BEGIN);
	request(&batch, type, 0);
	netlink_text(&batch, attr, name);
	if (name2 != NULL)
		netlink_text(&batch, attr2, name2);
	edge(&batch, NFNL_MSG_BATCH_END);
	return netlink_send(&divert->filter, &batch, NULL);
}

void rules_sweep(struct divert *divert, u32 ifindex)
{
	char table[TABLE_NAME];

	table_name(ifindex, table);
	(void)!delete_named(divert, NFT_MSG_DELTABLE, NFTA_TABLE_NAME, table, 0, NULL);
}

/* --- tc --- */

static void filter_header(struct netlink_batch *batch, u32 ifindex, const char *kind)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = (int)ifindex,
				      .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
				      .tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL)) };

	netlink_message(batch, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_text(batch, TCA_KIND, kind);
}

static void filter_action(struct netlink_batch *batch, u16 type, u32 target)
{
	const struct tc_mirred mirred = { .action = TC_ACT_STOLEN,
					  .eaction = TCA_INGRESS_REDIR,
					  .ifindex = target };
	size_t actions = netlink_nest(batch, type), one = netlink_nest(batch, 1), options;

	netlink_text(batch, TCA_ACT_KIND, "mirred");
	options = netlink_nest(batch, TCA_ACT_OPTIONS);
	netlink_attr(batch, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	netlink_nest_end(batch, options);
	netlink_nest_end(batch, one);
	netlink_nest_end(batch, actions);
}

/* Everything; with the classifier of that name. */
static int add_filter(struct divert *divert, const struct port *port, bool u32_, struct error *err)
{
	const struct tc_u32_sel sel = { .flags = TC_U32_TERMINAL, .nkeys = 1 };
	/* And a key of zeros, which fits everything. */
	u8 match[sizeof(sel) + sizeof(struct tc_u32_key)] = { 0 };
	struct netlink_batch batch;
	size_t options;

	memcpy(match, &sel, sizeof(sel));
	netlink_init(&batch);
	filter_header(&batch, port->b_index, u32_ ? "u32" : "matchall");
	options = netlink_nest(&batch, TCA_OPTIONS);
	if (u32_)
		netlink_attr(&batch, TCA_U32_SEL, match, sizeof(match));
	filter_action(&batch, u32_ ? TCA_U32_ACT : TCA_MATCHALL_ACT, port->ifindex);
	netlink_nest_end(&batch, options);
	return netlink_send(&divert->route, &batch, err);
}

static int add_return(struct divert *divert, const struct port *port, struct error *err)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = (int)port->b_index,
				      .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
				      .tcm_parent = TC_H_CLSACT };
	struct netlink_batch batch;
	int r;

	netlink_init(&batch);
	netlink_message(&batch, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_text(&batch, TCA_KIND, "clsact");
	r = netlink_send(&divert->route, &batch, err);
	/* Kernels have the one or the other. */
	if (r == 0)
		r = add_filter(divert, port, true, err);
	if (r == ERR_NOENT)
		r = add_filter(divert, port, false, err);
	if (r < 0)
		(void)error_prefix(err, "tc (clsact, u32 or matchall, mirred) cannot be used");
	return r;
}

/* --- both --- */

int rules_add(struct divert *divert, struct port *port, struct error *err)
{
	int r = add_return(divert, port, err);

	if (r < 0)
		return r;
	rules_sweep(divert, port->ifindex);
	r = add_chains(divert, port, true, err);
	if (r == ERR_NOTSUP || r == ERR_INVAL)
		r = add_chains(divert, port, false, err);
	port->has_rules = r == 0;
	if (r < 0)
		(void)error_prefix(err, "nftables (netdev, fwd) cannot be used");
	return r;
}

void rules_stop(struct divert *divert, struct port *port)
{
	char table[TABLE_NAME];

	if (!port->has_rules)
		return;
	table_name(port->ifindex, table);
	/* A chain with rules cannot go. */
	(void)!delete_named(divert, NFT_MSG_DELRULE, NFTA_RULE_TABLE, table, NFTA_RULE_CHAIN,
			    "take");
	(void)!delete_named(divert, NFT_MSG_DELCHAIN, NFTA_CHAIN_TABLE, table, NFTA_CHAIN_NAME,
			    "take");
}

void rules_remove(struct divert *divert, struct port *port)
{
	if (port->has_rules)
		rules_sweep(divert, port->ifindex);
	port->has_rules = false;
}
