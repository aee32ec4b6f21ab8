"""The list of attempts as docs/design/isolation.md has it: `python3 -m isolation.table` in Tests/EndToEnd prints it,
with --write it is put there."""
import sys
from pathlib import Path

from isolation.catalogue import attempts

PAGE = Path(__file__).resolve().parents[3] / "docs/design/isolation.md"
BEGIN, END = "<!-- attempts: python3 -m isolation.table --write -->\n", "<!-- end of attempts -->\n"


def text():
    titles = {"files": "Files", "processes": "Processes, identities, namespaces", "kernel": "The kernel", "surroundings": "What a script is given",
              "network": "Network", "resources": "Taking everything"}
    lines, module = [], None
    for attempt in attempts():
        if attempt.zone == "/outbound":
            lines[-1] += " Also with `network: outbound`."
            continue
        if attempt.module != module:
            module = attempt.module
            lines += ["", f"### {titles[module]}", ""]
        lines.append(f"- {attempt.text}")
    return "\n".join(lines[1:]) + "\n"


def written(page):
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + text() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(written(PAGE.read_text()))
    else:
        print(text())
