"""A forest of certbot lineages and damages, with the servers that use them and what must be said of each.

    python3 -m forest DIR                 # builds DIR, writes DIR/expectation.json
    python3 -m forest DIR --prefix DIR    # absolute paths as this machine sees them, for a real certbot

As a library: `build(folder)` returns the expectation as a dictionary.
"""
from .forest import authority_of, build

__all__ = ["authority_of", "build"]
