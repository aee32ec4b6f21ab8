"""Writes the cases from the command line."""
import argparse
import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from . import HOST, chains, rrsets
from .peers import ask_all


def write(root):
    """Writes each chain's files; returns the cases."""
    cases = []
    for chain in chains():
        folder = root / chain.name
        folder.mkdir(parents=True)
        pems = [one.pem for one in chain.sent]
        (folder / "chain.pem").write_bytes(b"".join(pems))
        (folder / "cert.pem").write_bytes(pems[0])
        if pems[1:]:
            (folder / "rest.pem").write_bytes(b"".join(pems[1:]))
        (folder / "key.pem").write_bytes(chain.server.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        cases += [{"name": f"{chain.name}/{name}", "chain": chain.name, "host": HOST, "records": records}
                  for name, records in rrsets(chain).items()]
    return cases


def main():
    parser = argparse.ArgumentParser(prog="dane_cases", description="writes chains and TLSA RRsets")
    parser.add_argument("folder", type=Path, help="where to: a new or empty folder")
    parser.add_argument("--peers", action="store_true", help="ask openssl s_client and ldns-dane too")
    options = parser.parse_args()
    cases = write(options.folder)
    if options.peers:
        ask_all(options.folder, cases)
    (options.folder / "cases.json").write_text(json.dumps(cases, indent=1))
    print(f"{len(cases)} cases of {len({case['chain'] for case in cases})} chains: {options.folder}/cases.json")


if __name__ == "__main__":
    main()
