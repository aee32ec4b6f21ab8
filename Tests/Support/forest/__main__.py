"""Builds the forest from the command line."""
import argparse
import datetime
from pathlib import Path

from . import build


def main():
    parser = argparse.ArgumentParser(prog="forest", description="builds a forest of certbot lineages and damages")
    parser.add_argument("folder", type=Path, help="the folder to build, new or empty; it is the root of its configurations")
    parser.add_argument("--prefix", default="", help="what absolute paths in configurations begin with (default: nothing: "
                        "they are relative to the folder as a root)")
    parser.add_argument("--now", type=datetime.datetime.fromisoformat, help="the time that ages count from (default: now)")
    options = parser.parse_args()
    expectation = build(options.folder, prefix=options.prefix, now=options.now)
    lineages = expectation["lineages"]
    print(f"{len(lineages)} lineages ({sum(1 for lineage in lineages if lineage['findings'])} damaged or worth a word, "
          f"{sum(1 for lineage in lineages if lineage['states'] == ['used'])} used), {len(expectation['orphans'])} orphans, "
          f"{len(expectation['trees'])} trees: {options.folder}/expectation.json")


if __name__ == "__main__":
    main()
