# SPDX-License-Identifier: MIT
"""packets.py PEER PORT...: sends a datagram to each port of 10.9.0.1 from the network namespace of process PEER, and prints who
gets what: "host PORT TEXT", "peer TEXT" for what comes back, "other TEXT" for what comes out of the peer's w1.
packets.py PEER vlan: the same by VLAN 5, port 7001 only, and back.
packets.py PEER raw HEX...: frames as they are, sent from the peer's v1.
packets.py PEER stream BYTES: so many by TCP to port 7100, and says whether they came."""
import ctypes
import os
import select
import socket
import sys
import threading
import time

QUIET = 0.25  # seconds without anything: there is no more


def into(pid):
    """The peer's network is this thread's from now on: sockets that it makes are there."""
    fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def datagrams(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    return s


def drain(names):
    """Prints what comes to sockets until it is quiet."""
    until = time.monotonic() + 1.5
    while True:
        ready, _, _ = select.select(list(names), [], [], min(QUIET, max(0, until - time.monotonic())))
        if not ready:
            return
        for s in ready:
            data, _ = s.recvfrom(65536)
            text = names[s](data)
            if text is not None:
                print(text, flush=True)


def exchange(pid, ports):
    names = {datagrams("10.9.0.1", port): lambda data, port=port: f"host {port} {data.decode()}" for port in {*ports, 7001}}
    into(pid)
    peer = datagrams("10.9.0.2", 6000)
    other = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
    other.bind(("w1", 0x800))
    names[peer] = lambda data: f"peer {data.decode()}"
    # Ethernet, IPv4, UDP in front.
    names[other] = lambda data: f"other {data[42:].decode()}" if data[23] == 17 else None
    for port in ports:
        peer.sendto(f"text{port}".encode(), ("10.9.0.1", port))
    drain(names)


def vlan(pid):
    host = datagrams("10.9.5.1", 7001)
    into(pid)
    peer = datagrams("10.9.5.2", 6000)
    peer.sendto(b"tagged", ("10.9.5.1", 7001))
    data, address = host.recvfrom(100)
    host.sendto(b"answer", address)
    print("host", data.decode(), "peer", peer.recvfrom(100)[0].decode())


def raw(pid, frames):
    into(pid)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("v1", 0))
    for frame in frames:
        try:
            s.send(bytes.fromhex(frame))
        except OSError as e:
            print(e.strerror)


def stream(pid, size):
    server = socket.socket()
    server.bind(("10.9.0.1", 7100))
    server.listen(1)
    got = []

    def receive():
        connection, _ = server.accept()
        total = 0
        while data := connection.recv(1 << 16):
            total += len(data)
        got.append(total)

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    into(pid)
    client = socket.create_connection(("10.9.0.1", 7100), timeout=5)
    client.sendall(bytes(size))
    client.close()
    thread.join(10)
    print("all" if got == [size] else got)


socket.setdefaulttimeout(3)
what = sys.argv[2]
if what == "vlan":
    vlan(int(sys.argv[1]))
elif what == "raw":
    raw(int(sys.argv[1]), sys.argv[3:])
elif what == "stream":
    stream(int(sys.argv[1]), int(sys.argv[3]))
else:
    exchange(int(sys.argv[1]), [int(port) for port in sys.argv[2:]])
