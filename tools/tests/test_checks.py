"""The repository's own checks: each must find what it is for, and leave sound trees alone."""
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent


def check(tool, root):
    return subprocess.run([sys.executable, str(TOOLS / tool), "--root", str(root)], capture_output=True, text=True)


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


SOUND = {
    "Sources/Base/Core/A.swift": "import Synchronization\n",
    "Sources/Base/CLinux/include/c.h": "",
    "Sources/Base/Settings/A.swift": "import StewardCore\nimport Yams\n",
    "Sources/Features/Sandbox/A.swift": "import StewardCore\n",
    "Sources/Features/Access/A.swift": "import StewardSettings\nimport GRDB\n",
    "Sources/Features/Scripts/A.swift": "import NIOCore\nimport StewardSandbox\n",
    "Sources/Surfaces/API/A.swift": "import StewardCore\nimport FoundationEssentials\n",
    "Sources/Surfaces/Edge/A.swift": "import NIOHTTP1\nimport StewardSettings\n",
    "Sources/App/Server/A.swift": "import StewardAccess\nimport StewardEdge\n",
    "Sources/App/CommandLine/A.swift": "import ArgumentParser\nimport StewardServer\nimport StewardScripts\n",
    "Sources/App/steward/main.swift": "import StewardCommandLine\n",
}


def test_a_sound_tree_keeps_to_the_layers(tmp_path):
    write(tmp_path, SOUND)
    result = check("check-layers", tmp_path)
    assert result.returncode == 0, result.stdout
    assert "10 files keep to the layers" in result.stdout


BREAKS = {
    "base imports a feature": ("Base/Settings", "import StewardAccess"),
    "core imports a package": ("Base/Core", "import Foundation"),
    "core imports base": ("Base/Core", "import StewardSettings"),
    "base imports a neighbour": ("Base/Settings", "import StewardTelemetry"),
    "a feature imports another": ("Features/Access", "import StewardScripts"),
    "an allowed edge does not run backwards": ("Features/Sandbox", "import StewardScripts"),
    "a feature imports HTTP": ("Features/Scripts", "import NIOHTTP1"),
    "a feature imports Hummingbird": ("Features/Scripts", "import HummingbirdCore"),
    "a feature imports a surface": ("Features/Scripts", "import StewardAPI"),
    "the edge imports a feature": ("Surfaces/Edge", "import StewardScripts"),
    "the wire types import more than Core": ("Surfaces/API", "import StewardSettings"),
    "the server imports the command line": ("App/Server", "import StewardCommandLine"),
    "main imports more than the command line": ("App/steward", "import StewardCore"),
    "an access level does not hide it": ("Features/Access", "package import StewardScripts"),
    "an attribute does not hide it": ("Features/Access", "@testable import StewardScripts"),
    "a scoped import does not hide it": ("Features/Access", "import struct StewardScripts.Pool"),
    "a second statement does not hide it": ("Features/Access", "import GRDB; import StewardScripts"),
    "a module without a folder": ("App/Server", "import StewardNowhere"),
}


@pytest.mark.parametrize("part, line", BREAKS.values(), ids=BREAKS.keys())
def test_a_forbidden_import_is_named_with_file_and_line(tmp_path, part, line):
    write(tmp_path, SOUND | {
        "Sources/Base/Telemetry/A.swift": "", f"Sources/{part}/B.swift": f"// why\n\n{line}\n"})
    result = check("check-layers", tmp_path)
    assert result.returncode == 1
    assert result.stdout.startswith(f"Sources/{part}/B.swift:3: imports ")
    assert result.stdout.count("\n") == 1


def test_imports_in_comments_and_strings_do_not_count(tmp_path):
    text = '/*\nimport StewardScripts\n*/\n// import StewardScripts\nlet a = """\nimport StewardScripts\n"""\n'
    write(tmp_path, SOUND | {"Sources/Features/Access/B.swift": text})
    assert check("check-layers", tmp_path).returncode == 0


def test_a_file_outside_the_layers_is_refused(tmp_path):
    write(tmp_path, SOUND | {"Sources/Extra/Thing/A.swift": ""})
    result = check("check-layers", tmp_path)
    assert result.returncode == 1 and "Sources/Extra/Thing/A.swift:1: not in a layer" in result.stdout


def test_an_empty_tree_does_not_pass(tmp_path):
    assert check("check-layers", tmp_path).returncode == 1


def test_a_long_file_is_a_warning_and_a_note_an_error(tmp_path):
    write(tmp_path, {"Sources/Base/Core/A.swift": "\n" * 401})
    result = check("check-files", tmp_path)
    assert result.returncode == 0 and "Sources/Base/Core/A.swift: 402 lines" in result.stdout
    write(tmp_path, {"Sources/Base/Core/B.swift": "let a = 1\n// " + "TO" + "DO: later\n"})
    result = check("check-files", tmp_path)
    assert result.returncode == 1 and "Sources/Base/Core/B.swift:2:" in result.stdout


def test_links_to_files_and_headings_must_resolve(tmp_path):
    write(tmp_path, {
        "README.md": "[a](docs/a.md) [b](docs/a.md#two-words) [c](https://example.org/x)\n`[d](none.md)`\n"
                     "```\n[e](none.md)\n```\n",
        "docs/a.md": "# One\n## Two words\n[up](../README.md)\n",
    })
    assert check("check-docs", tmp_path).returncode == 0
    write(tmp_path, {"docs/b.md": "# B\n\n[x](gone.md) [y](a.md#three) [z](../../etc)\n"})
    result = check("check-docs", tmp_path)
    assert result.returncode == 1
    assert [line.split(": ")[1].split(")")[0] for line in result.stdout.splitlines()] == [
        "(gone.md", "(a.md#three", "(../../etc"]
    assert result.stdout.startswith("docs/b.md:3:")
