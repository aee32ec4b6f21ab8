"""Chains and TLSA RRsets, and what other programs make of them.

    python3 -m dane_cases DIR            # writes the chains and DIR/cases.json
    python3 -m dane_cases DIR --peers    # also asks openssl s_client and ldns-dane, and writes their answers beside

Each case is a chain as a server sends it, an RRset, and the host's name. The Swift tests compare Steward's verdicts with
the answers; the lab serves the same cases from a real zone for posttls-finger.
"""
from .chains import HOST, chains
from .rrsets import rrsets

__all__ = ["HOST", "chains", "rrsets"]
