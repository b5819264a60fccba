# SPDX-License-Identifier: MIT
"""redirect.py LIBRARY ORIEL OBJECT: what a proxy learns of its connections from liboriel: this is the proxy, in a network of its own,
and starts the command whose connections are sent to it. Prints how many were told as they are, and what else was."""

import ctypes
import socket
import subprocess
import sys

CLIENT = """
import os, socket, struct, sys
print(os.getpid(), flush=True)
for _ in range(int(sys.argv[2])):
    s = socket.create_connection((sys.argv[1], 80))
    s.recv(1)
    # Cut: nothing is left of the connection, and its port is free.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
"""
COUNT = 200


class Redirect(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("ip", ctypes.c_uint8 * 16),
        ("port", ctypes.c_uint16),
        ("family", ctypes.c_uint16),
        ("process", ctypes.c_uint32),
        ("context_size", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("context", ctypes.c_uint8 * 512),
    ]


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 508)]


library = ctypes.CDLL(sys.argv[1])


def ask(fd):
    """(address, port, process, context), or what is wrong."""
    redirect, error = Redirect(size=ctypes.sizeof(Redirect)), Error()
    if library.oriel_redirect_query(fd, ctypes.byref(redirect), ctypes.byref(error)) != 0:
        return error.text.decode()
    family, length = (socket.AF_INET, 4) if redirect.family == 4 else (socket.AF_INET6, 16)
    ip = socket.inet_ntop(family, bytes(redirect.ip)[:length])
    return ip, redirect.port, redirect.process, bytes(redirect.context[: redirect.context_size])


def listener(host):
    server = socket.socket(socket.AF_INET if "." in host else socket.AF_INET6)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == "::":
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind((host, 8080))
    server.listen(8)
    return server


def take(server, command, ip):
    """The command's connections; the port of the last one."""
    pid = int(command.stdout.readline())
    ip = ip.replace("::ffff:", "")  # IPv4 is IPv4, whatever it wears
    right, other, port = 0, set(), 0
    for _ in range(COUNT):
        taken, (_, port, *_) = server.accept()
        told = ask(taken.fileno())
        right += told == (ip, 80, pid, b"\x07")
        if told != (ip, 80, pid, b"\x07"):
            other.add(str(told))
        taken.sendall(b".")
        taken.close()
    print(server.getsockname()[0], ip, right, *sorted(other))
    return port


def main():
    hooks = ["--attach", "connect4", "--attach", "connect6", "--var", "proxy_port=8080", "--map", "ports:80=7"]
    for host, ip in ("127.0.0.1", "192.0.2.1"), ("::1", "2001:db8::1"), ("::", "192.0.2.1"), ("127.0.0.1", "::ffff:192.0.2.1"):
        server = listener(host)
        command = [sys.argv[2], "run", *hooks, sys.argv[3], "--", sys.executable, "-c", CLIENT, ip, str(COUNT + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            port = take(server, running, ip)
            # The last one is still there, and another connection that has the addresses that the one before had.
            last = server.accept()[0]
            direct = socket.socket(server.family)
            direct.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            direct.bind(("" if host == "::" else host, port))
            direct.connect((host, 8080))
            other = server.accept()[0]
            print(ask(other.fileno()), "| of the other side:", ask(direct.fileno()), "| of the last:", *ask(last.fileno())[:2])
            last.close()
        server.close()
    print(ask(listener("127.0.0.1").fileno()))


main()
