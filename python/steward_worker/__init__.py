"""The Python runtime of Steward: a zygote, and the workers forked from it.

Processes, descriptors and frames are described in docs/design/worker-protocol.md.
"""

PROTOCOL = 1
"""The version of the worker protocol that this package speaks."""
