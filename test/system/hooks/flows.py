# SPDX-License-Identifier: MIT
"""flows.py 4|6 WHAT: connections that come late, or never, and end in many ways; the programs' maps tell what they were told."""

import ctypes
import errno
import os
import select
import signal
import socket
import sys
import time

family, host = {"4": (socket.AF_INET, "127.0.0.1"), "6": (socket.AF_INET6, "::1")}[sys.argv[1]]
libc = ctypes.CDLL(None, use_errno=True)


def new():
    return socket.socket(family)


def server(backlog=64):
    s = new()
    s.bind((host, 0))
    s.listen(backlog)
    return s


def begin(to):
    s = new()
    s.setblocking(False)
    assert s.connect_ex(to.getsockname()) == errno.EINPROGRESS
    return s


def outcome(s):
    """What a connection has come to, when it has."""
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    if not poll.poll(5000):
        return "nothing"
    return os.strerror(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted


def full():
    """A server that has no room for who comes next: the kernel asks again after a second."""
    s = server(0)
    first = new()
    first.connect(s.getsockname())
    return s, first


def late():
    # 3 active and 3 passive ones, and a socket that is closed before there is anything.
    s, first = full()
    second, gone, third = begin(s), begin(s), new()
    port = gone.getsockname()[1]
    gone.close()
    # Nobody holds on to it.
    free = new()
    free.bind((host, port))
    free.close()
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        third.connect(s.getsockname())
    except Interrupted:
        print("interrupted")
    s.listen(8)
    accepted = [s.accept()[0]]
    for each in second, third:
        print(outcome(each))
    # The first call after that says that all is well, and is not another connection.
    second.setblocking(False)
    print(second.connect_ex(s.getsockname()))
    accepted += [s.accept()[0] for _ in range(2)]
    time.sleep(0.2)
    s.settimeout(0.3)
    try:
        s.accept()
        print("one too many")
    except OSError:
        print("no other")


def short():
    # There and gone between two looks: 2 active, 1 passive.
    s, first = full()
    second = begin(s)
    time.sleep(0.3)
    s.accept()
    print(outcome(second))


def refused():
    # One active: the first, which nobody takes.
    s, first = full()
    second = begin(s)
    s.close()
    print(outcome(second))


def again():
    # A socket that connects in vain and twice again, with an end between: 2 active, 2 passive.
    s, s2, c = server(), server(), new()
    nobody = server()
    address = nobody.getsockname()
    nobody.close()
    c.setblocking(False)
    for _ in range(2):
        print(errno.errorcode[c.connect_ex(address)], outcome(c))
        # Only now the socket may connect again.
        print(errno.errorcode[c.connect_ex(address)])
    c.connect_ex(s.getsockname())
    print(outcome(c))
    one = s.accept()[0]
    unspec = (ctypes.c_char * 16)()
    print(libc.connect(c.fileno(), unspec, 16))
    c.connect_ex(s2.getsockname())
    print(outcome(c))
    two = s2.accept()[0]
    one.close()
    two.close()


def brief(count):
    s = server(512)
    for _ in range(count):
        c = begin(s)
        s.accept()[0].close()
        c.close()


def prompt():
    # What happens is told when it does.
    brief(1)
    time.sleep(0.3)
    print("afterwards")


def left():
    # Whoever ends leaves the rest to the kernel; 10 active, 10 passive.
    s = server(64)
    keep = [(begin(s), s.accept()[0]) for _ in range(10)]
    if os.fork() == 0:
        os._exit(0)
    os._exit(len(keep) - 10)


def fast():
    # Begun together with data: one active, one passive.
    s = server()
    s.setsockopt(socket.IPPROTO_TCP, 23, 16)
    c = new()
    print(c.sendto(b"text", socket.MSG_FASTOPEN, s.getsockname()))
    print(s.accept()[0].recv(9).decode())


sys.stdout.reconfigure(line_buffering=True)
modes = [late, short, refused, again, prompt, left, fast]
dict({"brief": lambda: brief(300)}, **{f.__name__: f for f in modes})[sys.argv[2]]()
