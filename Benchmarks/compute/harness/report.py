"""RESULTS.md: a head, then a section a part."""
import re


def _sections(path):
    if not path.exists():
        return {}
    found = re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]
    return {section.split("\n", 1)[0]: [f"## {line}" if index == 0 else line
                                        for index, line in enumerate(section.rstrip().split("\n"))] + [""]
            for section in found}


def write(path, head, titles, texts):
    """Parts that were not run keep the section they have."""
    old = _sections(path)
    lines = ["# Compute: figures", "", *head, ""]
    for part, title in titles.items():
        lines += texts.get(part) or old.get(title) or [f"## {title}", "", "not run", ""]
    path.write_text("\n".join(lines).rstrip() + "\n")
