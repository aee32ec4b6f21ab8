"""Who may call: the address list and the API key, as the peers' platforms check them."""

import hashlib
import hmac
import ipaddress
import os
from functools import lru_cache

_NETWORKS = [ipaddress.ip_network(text) for text in os.environ["BENCH_ADDRESSES"].split(",")]
_KEYS = [("bench", hashlib.sha256(os.environ["BENCH_KEY"].encode()).digest())]


@lru_cache(maxsize=4096)
def address_allowed(address):
    """Whether the client's address is in one of the allowed networks; remembered per address."""
    client = ipaddress.ip_address(address)
    return any(client in network for network in _NETWORKS)


def caller_of(key):
    """The name of the key that was sent, or None: hashed, then compared in constant time."""
    digest = hashlib.sha256(key.encode()).digest()
    for name, known in _KEYS:
        if hmac.compare_digest(digest, known):
            return name
    return None
