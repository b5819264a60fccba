# SPDX-License-Identifier: MIT
"""packets.py PEER [expect=N] PORT...: sends a datagram to each port of 10.9.0.1 from the network namespace of process PEER, and prints who
gets what: "host PORT TEXT", "peer TEXT" for what comes back, "other TEXT" for what comes out of the peer's w1. Waits for N lines.
packets.py PEER vlan: the same by VLAN 5, port 7001 only, and back.
packets.py PEER frames: that by frames with a tag, where the kernel has no devices for VLANs.
packets.py PEER tagged [PORT]: a frame of VLAN 5 with a datagram, or one without that programs put there, as a sniffer sees it.
packets.py PEER big BYTES: a datagram of so many bytes to port 7008, and how many the host gets.
packets.py PEER raw HEX...: frames as they are, sent from the peer's v1.
packets.py PEER flood PIPE: SYNs from several addresses, connections, changes of the blocklist through the pipe.
packets.py PEER rules: a datagram from each of several addresses.
packets.py PEER stream BYTES: so many by TCP to port 7100, and says whether they came."""
import ctypes
import os
import select
import socket
import struct
import sys
import threading

LAST = b"the last one"  # passes, after all others
PATIENCE = 5  # seconds


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


def drain(names, last, expected):
    """Prints what comes to sockets, until that socket gets the last one, and so many others have come: on ways of their own."""
    count, more = 0, True
    while more or count < expected:
        ready, _, _ = select.select(list(names), [], [], PATIENCE)
        if not ready:
            raise TimeoutError("the last one does not come")
        for s in ready:
            data, _ = s.recvfrom(65536)
            if s is last and data == LAST:
                more = False
            elif (text := names[s](data)) is not None:
                count += 1
                print(text, flush=True)
    while (ready := select.select(list(names), [], [], 0)[0]):
        for s in ready:
            if (text := names[s](s.recvfrom(65536)[0])) is not None:
                print(text, flush=True)


def exchange(pid, ports, expected):
    names = {datagrams("10.9.0.1", port): lambda data, port=port: f"host {port} {data.decode()}" for port in {*ports, 7001}}
    last = datagrams("10.9.0.1", 7999)
    names[last] = lambda data: data.decode()
    into(pid)
    peer = datagrams("10.9.0.2", 6000)
    other = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
    other.bind(("w1", 0x800))
    names[peer] = lambda data: f"peer {data.decode()}"
    # Ethernet, IPv4, UDP in front.
    names[other] = lambda data: f"other {data[42:].decode()}" if data[23] == 17 else None
    for port in ports:
        peer.sendto(f"text{port}".encode(), ("10.9.0.1", port))
    peer.sendto(LAST, ("10.9.0.1", 7999))
    drain(names, last, expected)


def vlan(pid):
    host = datagrams("10.9.5.1", 7001)
    into(pid)
    peer = datagrams("10.9.5.2", 6000)
    peer.sendto(b"tagged", ("10.9.5.1", 7001))
    data, address = host.recvfrom(100)
    host.sendto(b"answer", address)
    print("host", data.decode(), "peer", peer.recvfrom(100)[0].decode())


def sniffer_of(interface):
    """Frames of an interface, and where the kernel keeps their tag."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((interface, 3))
    s.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA
    return s


def tag_of(extra):
    """The VLAN that is told with a frame; None: it has no tag."""
    status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", extra[0][2])
    return tag if status & 0x10 else None


def await_frame(sniffer, text, times):
    """The VLAN of the frame with that text, when it has been seen so often."""
    while times > 0:
        data, extra, _, _ = sniffer.recvmsg(2000, 100)
        times -= data[42:] == text
    return tag_of(extra)


def frames(pid):
    host = sniffer_of("v0")
    into(pid)
    peer = sniffer_of("v1")
    tag = bytes.fromhex("81000005")
    peer.send(udp_frame(7001, b"tagged", tag))
    # On arrival, and when it comes back from the program.
    print("host", await_frame(host, b"tagged", 2))
    host.send(udp_frame(6000, b"answer", tag))
    print("peer", await_frame(peer, b"answer", 1))


def udp_frame(port, text, tag=b""):
    """Of Ethernet; for nobody's address, so that no stack answers."""
    udp = struct.pack(">HHHH", 6000, port, 8 + len(text), 0) + text
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([10, 9, 0, 2]), bytes([10, 9, 0, 1]))
    return bytes.fromhex("0200000000ff020000000001") + tag + struct.pack(">H", 0x800) + ip + udp


def tagged(pid, port):
    sniffer = sniffer_of("v0")
    into(pid)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("v1", 0))
    s.send(udp_frame(port, b"text7007") if port else udp_frame(7001, b"tagged", bytes.fromhex("81000005")))
    s.send(udp_frame(7999, LAST))
    times = 0  # on arrival, and when it comes back
    while times < 2:
        data, extra, _, _ = sniffer.recvmsg(2000, 100)
        if data[42:] == LAST:
            times += 1
        elif data[12:14] == bytes.fromhex("0800"):
            tag = tag_of(extra)
            print("seen", "plain" if tag is None else f"vlan {tag}", data[42:].decode())


def big(pid, size):
    host = datagrams("10.9.0.1", 7008)
    into(pid)
    datagrams("10.9.0.2", 6000).sendto(bytes(size), ("10.9.0.1", 7008))
    print("big", size, len(host.recvfrom(65536)[0]))


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


def ip4(source, protocol, payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, socket.inet_aton(source), bytes([10, 9, 0, 1]))
    return bytes.fromhex("0200000000ff0200000000010800") + header + payload


def ip6(source, payload):
    header = struct.pack(">IHBB16s16s", 0x60000000, len(payload), 17, 64, socket.inet_pton(socket.AF_INET6, source), bytes(16))
    return bytes.fromhex("0200000000ff02000000000186dd") + header + payload


def come_back(sniffer):
    """What arrived at v0 and what came back, with the last one: counts of (source, times seen)."""
    seen = {}
    while True:
        data = sniffer.recv(2000)
        if data.endswith(LAST):
            seen[LAST] = seen.get(LAST, 0) + 1
            if seen[LAST] == 2:
                return seen
        elif data[12:14] == b"\x08\x00":
            source = socket.inet_ntoa(data[26:30])
            seen[source] = seen.get(source, 0) + 1
        elif data[12:14] == b"\x86\xdd":
            source = socket.inet_ntop(socket.AF_INET6, data[22:38])
            seen[source] = seen.get(source, 0) + 1


def attempt():
    """A connection from 10.9.0.2, of this thread's network."""
    try:
        socket.create_connection(("10.9.0.1", 7100), timeout=0.3).close()
        return "connected"
    except TimeoutError:
        return "timed out"


def update(pipe, lines, wanted):
    """Through the pipe, until it shows."""
    with open(pipe, "w", encoding="ascii") as f:
        f.write(lines)
    for _ in range(10):
        result = attempt()
        if result == wanted:
            break
    return result


def at_v0(pid):
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sniffer.bind(("v0", 3))
    into(pid)
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("v1", 0))
    return sniffer, sender


def flood(pid, pipe):
    server = socket.socket()
    server.bind(("10.9.0.1", 7100))
    server.listen(10)
    sniffer, sender = at_v0(pid)
    syn = struct.pack(">HHIIBBHHH", 1, 2, 3, 0, 0x50, 2, 100, 0, 0)
    print("before:", attempt())
    for _ in range(50):
        sender.send(ip4("10.9.0.66", 6, syn))
    for _ in range(3):
        sender.send(ip4("10.9.0.77", 6, syn))
    sender.send(udp_frame(7999, LAST))
    seen = come_back(sniffer)
    print(f"attacker: {seen['10.9.0.66'] - 50} of 50")
    print(f"blocked from the start: {seen['10.9.0.77'] - 3} of 3")
    print("blocked:", update(pipe, "nothere:1=1\nblocked:10.9.0.2=0\n", "timed out"))
    print("taken out:", update(pipe, "blocked:10.9.0.2\n", "connected"))


def rules(pid):
    sniffer, sender = at_v0(pid)
    datagram = struct.pack(">HHHH", 1, 2, 16, 0) + b"12345678"
    four, six = ("10.9.0.2", "10.9.0.66", "10.9.0.67", "192.0.2.1"), ("2001:db8::1", "2001:db9::1")
    for source in four:
        sender.send(ip4(source, 17, datagram))
    for source in six:
        sender.send(ip6(source, datagram))
    sender.send(ip4("10.9.0.2", 17, struct.pack(">HHHH", 1, 2, 8 + len(LAST), 0) + LAST))
    for source, times in come_back(sniffer).items():
        if source in four + six and times == 2:
            print("passed", source)


socket.setdefaulttimeout(PATIENCE)
what = sys.argv[2]
if what == "vlan":
    vlan(int(sys.argv[1]))
elif what == "frames":
    frames(int(sys.argv[1]))
elif what == "tagged":
    tagged(int(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
elif what == "flood":
    flood(int(sys.argv[1]), sys.argv[3])
elif what == "rules":
    rules(int(sys.argv[1]))
elif what == "big":
    big(int(sys.argv[1]), int(sys.argv[3]))
elif what == "raw":
    raw(int(sys.argv[1]), sys.argv[3:])
elif what == "stream":
    stream(int(sys.argv[1]), int(sys.argv[3]))
else:
    words = [int(word.removeprefix("expect=")) for word in sys.argv[2:]]
    exchange(int(sys.argv[1]), [port for port in words if port >= 7000], sum(word for word in words if word < 7000))
