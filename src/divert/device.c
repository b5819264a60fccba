/* SPDX-License-Identifier: MIT */
/* Devices: a look at the interface, the tap, the pair of veths, what others have left of them. */
/* Before Linux's own headers, which then leave out what it has. */
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/format.h"
#include "base/str.h"
#include "divert/internal.h"

#define NAME_STEM   "orl" /* and the interface's number and a letter */
#define TAP_QUEUE   4096  /* frames that may wait for us */
#define VETH_MTU    65535
#define TAP_MTU	    65521 /* of an Ethernet device, the most */
#define LOCK_FORMAT "oriel-divert-%u"

static void name_devices(struct port *port)
{
	format(port->tap_name, sizeof(port->tap_name), NAME_STEM "%ut", port->ifindex);
	format(port->a_name, sizeof(port->a_name), NAME_STEM "%ua", port->ifindex);
	format(port->b_name, sizeof(port->b_name), NAME_STEM "%ub", port->ifindex);
}

/* An ioctl on a device by its name. */
static int device_ioctl(unsigned long request, const char *name, struct ifreq *ifr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	(void)str_copy(ifr->ifr_name, sizeof(ifr->ifr_name), name);
	r = ioctl(fd, request, ifr) == 0 ? 0 : -errno;
	close(fd);
	return r;
}

int divert_interface(const char *name, u32 *ret_ifindex, struct error *err)
{
	struct port port = { .ifindex = if_nametoindex(name) };
	int r;

	if (port.ifindex == 0)
		return error_set(err, ERR_NOENT, "there is no interface '%s'", name);
	r = device_look(&port, err);
	if (r == 0)
		*ret_ifindex = port.ifindex;
	return r;
}

int device_look(struct port *port, struct error *err)
{
	struct ifreq ifr = { 0 };
	int r;

	if (if_indextoname(port->ifindex, port->name) == NULL)
		return error_set(err, ERR_NOENT, "there is no interface %u", port->ifindex);
	r = device_ioctl(SIOCGIFHWADDR, port->name, &ifr);
	if (r < 0)
		return error_set(err, r, "%s: %s", port->name, strerror(-r));
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return error_set(
			err, ERR_NOTSUP,
			"%s is no Ethernet interface: it has no frames that could be taken",
			port->name);
	memcpy(port->mac, ifr.ifr_hwaddr.sa_data, MAC_LEN);
	name_devices(port);
	return 0;
}

/* A name that is gone with the process, and is in this network namespace only. */
int device_lock(u32 ifindex, int *ret_fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len =
		format(address.sun_path + 1, sizeof(address.sun_path) - 1, LOCK_FORMAT, ifindex);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) == 0) {
		*ret_fd = fd;
		return 0;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	if (error != EADDRINUSE)
		return error_set(err, -error, "no socket: %s", strerror(error));
	return error_set(err, ERR_BUSY, "another process takes the frames of this interface");
}

/* --- making --- */

static int up(const char *name, struct error *err)
{
	struct ifreq ifr = { 0 };
	int r = device_ioctl(SIOCGIFFLAGS, name, &ifr);

	/* Nobody is to be found there. */
	ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP | IFF_NOARP);
	if (r == 0)
		r = device_ioctl(SIOCSIFFLAGS, name, &ifr);
	return r == 0 ? 0 : error_set(err, r, "device %s cannot be used: %s", name, strerror(-r));
}

/* It sends less of its own; what it does all the same is recognised. */
static void hush(const char *name)
{
	char path[64];
	int fd;

	format(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

static int mac_of(const char *name, u8 ret[MAC_LEN], struct error *err)
{
	struct ifreq ifr = { 0 };
	int r = device_ioctl(SIOCGIFHWADDR, name, &ifr);

	if (r < 0)
		return error_set(err, r, "device %s: %s", name, strerror(-r));
	memcpy(ret, ifr.ifr_hwaddr.sa_data, MAC_LEN);
	return 0;
}

/* A longer queue; it works without. ioctl allows that to the host's root only. */
static void lengthen_queue(struct divert *divert, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct netlink_batch batch;

	netlink_init(&batch);
	netlink_message(&batch, RTM_SETLINK, 0, &info, sizeof(info));
	netlink_text(&batch, IFLA_IFNAME, name);
	netlink_u32(&batch, IFLA_TXQLEN, TAP_QUEUE);
	(void)!netlink_send(&divert->route, &batch, NULL);
}

static int make_tap(struct divert *divert, struct port *port, struct error *err)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI }, mtu = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_set(err, errno == ENOENT || errno == ENODEV ? ERR_NOTSUP : -errno,
				 "/dev/net/tun: %s", strerror(errno));
	(void)str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), port->tap_name);
	if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
		int error = errno;

		close(fd);
		return error_set(err, -error, "no tap %s: %s", port->tap_name, strerror(error));
	}
	port->tap = fd;
	lengthen_queue(divert, port->tap_name);
	mtu.ifr_mtu = TAP_MTU;
	(void)device_ioctl(SIOCSIFMTU, port->tap_name, &mtu);
	hush(port->tap_name);
	return 0;
}

static int make_veths(struct divert *divert, struct port *port, struct error *err)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct netlink_batch batch;
	size_t link, data, peer;
	int r;

	netlink_init(&batch);
	netlink_message(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	netlink_text(&batch, IFLA_IFNAME, port->a_name);
	netlink_u32(&batch, IFLA_MTU, VETH_MTU);
	link = netlink_nest(&batch, IFLA_LINKINFO);
	netlink_text(&batch, IFLA_INFO_KIND, "veth");
	data = netlink_nest(&batch, IFLA_INFO_DATA);
	peer = netlink_nest(&batch, VETH_INFO_PEER);
	netlink_raw(&batch, &info, sizeof(info));
	netlink_text(&batch, IFLA_IFNAME, port->b_name);
	netlink_u32(&batch, IFLA_MTU, VETH_MTU);
	/* What comes in there is for whom it would be for at the interface. */
	netlink_attr(&batch, IFLA_ADDRESS, port->mac, MAC_LEN);
	netlink_nest_end(&batch, peer);
	netlink_nest_end(&batch, data);
	netlink_nest_end(&batch, link);
	r = netlink_send(&divert->route, &batch, err);
	if (r < 0)
		return error_prefix(err, "a pair of veth devices cannot be made");
	port->has_veths = true;
	hush(port->a_name);
	hush(port->b_name);
	return 0;
}

int device_make(struct divert *divert, struct port *port, struct error *err)
{
	int r = make_tap(divert, port, err);

	if (r == 0)
		r = make_veths(divert, port, err);
	if (r == 0)
		r = up(port->tap_name, err);
	if (r == 0)
		r = up(port->a_name, err);
	if (r == 0)
		r = up(port->b_name, err);
	if (r == 0)
		r = mac_of(port->tap_name, port->tap_mac, err);
	if (r == 0)
		r = mac_of(port->a_name, port->a_mac, err);
	if (r != 0)
		return r;
	port->tap_index = if_nametoindex(port->tap_name);
	port->a_index = if_nametoindex(port->a_name);
	port->b_index = if_nametoindex(port->b_name);
	if (port->tap_index != 0 && port->a_index != 0 && port->b_index != 0)
		return 0;
	return error_set(err, ERR_NOENT, "devices of %s are gone", port->name);
}

/* --- taking away --- */

/* The other end of the pair goes with it. */
static void remove_link(struct divert *divert, const char *name)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct netlink_batch batch;

	netlink_init(&batch);
	netlink_message(&batch, RTM_DELLINK, 0, &info, sizeof(info));
	netlink_text(&batch, IFLA_IFNAME, name);
	(void)!netlink_send(&divert->route, &batch, NULL);
}

void device_remove(struct divert *divert, struct port *port)
{
	if (port->tap >= 0)
		close(port->tap);
	port->tap = -1;
	if (port->has_veths)
		remove_link(divert, port->a_name);
	port->has_veths = false;
}

/* The number in a name such as ours: "orl7a". */
static bool number_in(const char *name, u32 *ret)
{
	char digits[IFNAMSIZ];
	size_t len = strlen(name);
	u64 number;

	if (!str_starts(name, NAME_STEM) || len < sizeof(NAME_STEM) + 1 || len >= sizeof(digits) ||
	    name[len - 1] != 'a')
		return false;
	memcpy(digits, name + sizeof(NAME_STEM) - 1, len - sizeof(NAME_STEM));
	digits[len - sizeof(NAME_STEM)] = '\0';
	if (!str_to_u64(digits, &number) || number == 0 || number > UINT32_MAX)
		return false;
	*ret = (u32)number;
	return true;
}

void device_sweep(struct divert *divert)
{
	struct if_nameindex *all = if_nameindex();

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++) {
		u32 ifindex;
		int lock = -1;

		if (!number_in(all[i].if_name, &ifindex) || device_lock(ifindex, &lock, NULL) != 0)
			continue; /* whoever has it lives */
		rules_sweep(divert, ifindex);
		remove_link(divert, all[i].if_name);
		close(lock);
	}
	if (all != NULL)
		if_freenameindex(all);
}
