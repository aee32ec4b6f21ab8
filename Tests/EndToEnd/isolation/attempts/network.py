"""Sockets."""
import os
import socket

from hands import Refused, first


def tcp(world):
    """Connect by TCP, to the server and to a stranger."""
    return first(lambda port: socket.create_connection(("127.0.0.1", port), 2) is not None, [world["port"], world["tcp_port"]])


def tcp6(world):
    """Connect by TCP over IPv6."""
    made = socket.socket(socket.AF_INET6)
    made.settimeout(2)
    return made.connect(("::ffff:127.0.0.1", world["tcp_port"])) is None


def udp(world):
    """Send a datagram by UDP."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"escaped", ("127.0.0.1", world["udp_port"]))


def fast_open(world):
    """Connect and send in one: TCP fast open."""
    made = socket.socket(socket.AF_INET)
    made.settimeout(2)
    return made.sendto(b"escaped", 0x20000000, ("127.0.0.1", world["tcp_port"]))


def listening(world):
    """Listen for connections."""
    made = socket.socket(socket.AF_INET)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made.getsockname()


def listening_unbound(world):
    """Listen without binding: the kernel chooses the port."""
    made = socket.socket(socket.AF_INET)
    made.listen()
    return made.getsockname()


def raw(world):
    """Make a raw socket."""
    return first(lambda number: socket.socket(socket.AF_INET, socket.SOCK_RAW, number) is not None, [255, 1, 6, 17])


def packets(world):
    """Read the network's packets."""
    return first(lambda kind: socket.socket(socket.AF_PACKET, kind, 0x0300) is not None, [socket.SOCK_RAW, socket.SOCK_DGRAM])


def netlink(world):
    """Talk to the kernel about its network, audit and devices."""
    return first(
        lambda number: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, number) is not None, [12, 15, 9, 6, 21, 16, 4])


def other_families(world):
    """Make sockets of families with a history: AF_ALG, AF_VSOCK, AF_KEY, AF_TIPC, AF_CAN, AF_XDP, AF_BLUETOOTH, AF_RDS, AF_SMC."""
    def make(family):
        return first(lambda kind: socket.socket(family, kind) is not None,
                     [socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW])

    return first(make, [38, 40, 15, 30, 29, 44, 31, 21, 43, 2 ** 31 - 1])


def other_transports(world):
    """Make sockets of transports that port rules don't know: SCTP, MPTCP, UDP-Lite, DCCP, ICMP."""
    def make(pair):
        return socket.socket(socket.AF_INET, pair[0], pair[1]) is not None

    return first(make, [(1, 132), (1, 262), (2, 136), (6, 33), (2, 1)])


def the_control_socket(world):
    """Connect to the server's own socket, which asks for no key."""
    made = socket.socket(socket.AF_UNIX)
    return made.connect(world["control"]) is None


def a_unix_socket(world):
    """Connect to the Unix socket of another program."""
    made = socket.socket(socket.AF_UNIX)
    return made.connect(world["unix_socket"]) is None


def a_unix_socket_by_datagrams(world):
    """Send from a pair of datagram sockets to another program's address."""
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return ours.sendto(b"escaped", world["unix_datagrams"])


def an_abstract_socket(world):
    """Connect to the abstract Unix socket of another program."""
    made = socket.socket(socket.AF_UNIX)
    return made.connect("\0" + world["abstract"]) is None


def an_abstract_socket_of_its_own(world):
    """Wait for others at an abstract Unix socket."""
    made = socket.socket(socket.AF_UNIX)
    made.bind("\0steward-escape")
    made.listen()
    return True


def a_socket_in_the_scratch_folder(world):
    """Wait for others at a Unix socket in the scratch folder."""
    made = socket.socket(socket.AF_UNIX)
    made.bind(os.path.join(os.environ["TMPDIR"], "socket"))
    made.listen()
    return True
