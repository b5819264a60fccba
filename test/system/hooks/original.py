# SPDX-License-Identifier: MIT
"""original.py: a proxy that is supervised itself, and a client of it: SO_ORIGINAL_DST as of a firewall."""

import errno
import os
import socket
import struct

SO_ORIGINAL_DST = 80


def original(connection, level, length):
    try:
        told = connection.getsockopt(level, SO_ORIGINAL_DST, length)
    except OSError as error:
        return os.strerror(error.errno) if error.errno == errno.EINVAL else "none"
    family = struct.unpack("H", told[:2])[0]
    ip = told[4:8] if family == socket.AF_INET else told[8:24]
    return socket.inet_ntop(family, ip), struct.unpack("!H", told[2:4])[0], len(told)


for host, to, level, length in (
    ("127.0.0.1", "192.0.2.1", socket.SOL_IP, 16),
    ("::1", "2001:db8::1", socket.IPPROTO_IPV6, 28),
    ("::", "192.0.2.1", socket.SOL_IP, 64),
):
    proxy = socket.socket(socket.AF_INET if "." in host else socket.AF_INET6)
    if host == "::":
        proxy.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    proxy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    proxy.bind((host, 8080))
    proxy.listen(8)
    client = socket.create_connection((to, 80))
    taken = proxy.accept()[0]
    print(host, *original(taken, level, length))
    print(original(taken, level, length - 1 if length < 64 else 15))
    # Another option of the same number, and nobody's: the kernel's answer.
    print(taken.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM, original(client, level, length))
    direct = socket.create_connection((host if host != "::" else "127.0.0.1", 8080))
    print(original(proxy.accept()[0], level, length))
    for each in client, taken, direct, proxy:
        each.close()
