# SPDX-License-Identifier: MIT
"""Binds sockets of several kinds and says what became of it; an argument is a port to try alone."""
import os
import socket
import sys
import tempfile


def attempt(what, family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as sock:
        try:
            sock.bind(address)
        except OSError as error:
            print(what, os.strerror(error.errno))
            return
        name = sock.getsockname()
        print(what, "bound" if isinstance(name, str) else f"bound {name[0]}", *name[1:2] if address[1] else [])


if len(sys.argv) > 1:
    attempt("port", socket.AF_INET, ("127.0.0.1", int(sys.argv[1])))
    sys.exit()
attempt("stream4", socket.AF_INET, ("127.0.0.1", 0))
attempt("datagram4", socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM)
attempt("stream6", socket.AF_INET6, ("::1", 0))
attempt("mapped", socket.AF_INET6, ("::ffff:127.0.0.1", 0))
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    attempt("unix", socket.AF_UNIX, "name")
