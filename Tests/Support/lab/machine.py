"""The machine that the lab runs on: namespaces with the lab's addresses on their loopback."""
import ctypes
import os
import shutil
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.append(str(REPOSITORY / "Tests/EndToEnd"))
from support.host import Host, unavailable  # noqa: E402,F401

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Machine(Host):
    """A `Host` with addresses of its own, which asks `resolver`; threads of this process may use its network too."""

    def __init__(self, root, addresses, resolver):
        super().__init__(root)
        # Postfix looks for its own lists of files here, wherever an instance's configuration lies.
        shutil.copytree("/etc/postfix", self.path("/etc/postfix"), symlinks=True, dirs_exist_ok=True)
        self.write("/etc/postfix/main.cf", "compatibility_level = 3.6\ninet_protocols = all\n")
        # In some containers new namespaces begin without IPv6.
        self.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/lo/disable_ipv6")
        batch = "".join(f"addr add {address}/128 dev lo nodad\n" if ":" in address else f"addr add {address}/32 dev lo\n"
                        for address in addresses)
        self.write("/srv/addresses", batch)
        self.run("ip", "-batch", "/srv/addresses")
        self.write("/etc/resolv.conf", f"nameserver {resolver}\noptions timeout:2 attempts:2 edns0 trust-ad\n")

    def enter_network(self):
        """From here on, sockets that the calling thread makes are the machine's."""
        with open(f"/proc/{self.init}/ns/net") as space:
            join(space.fileno())

    @contextmanager
    def network(self):
        """Sockets made by this thread inside the block are the machine's."""
        with open("/proc/thread-self/ns/net") as own:
            self.enter_network()
            try:
                yield
            finally:
                join(own.fileno())

    def outer_pids(self, words):
        """The process ids, as this process counts them, of the machine's processes whose command line holds `words`."""
        space, found = os.readlink(f"/proc/{self.init}/ns/pid"), []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "ns/pid") == space:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    found += [int(entry.name)] if words in command else []
            except OSError:
                continue
        return sorted(found)

    def thread(self, work, name):
        """A running thread within the machine's network."""
        def run():
            self.enter_network()
            work()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread


def join(descriptor):
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
