"""The guide tells the truth: its Swift is compiled by a test, its commands run, its pictures are there."""
import re
import shlex
import textwrap

import pytest

from support.steward import REPOSITORY

GUIDE = (REPOSITORY / "docs/guides/compute.md").read_text()
TESTS = "\n".join((REPOSITORY / f"Tests/Features/{suite}/GuideTests.swift").read_text()
                  for suite in ("ComputeTests", "TrainingTests"))


def squeezed(text):
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


def test_the_guides_swift_is_what_the_tests_compile():
    blocks = re.findall(r"```swift\n(.*?)```", GUIDE, re.S)
    assert len(blocks) >= 3
    for block in blocks:
        body = "\n".join(line for line in block.splitlines() if not line.startswith(("import ", "let device = ")))
        assert squeezed(body) in squeezed(TESTS), body


def test_the_guides_pictures_are_there():
    pictures = re.findall(r"!\[[^\]]*\]\((images/[^)]+)\)", GUIDE)
    assert pictures
    for picture in pictures:
        assert (REPOSITORY / "docs/guides" / picture).read_text().startswith("<svg")


COMMANDS = sorted(set(re.findall(r"^    \$ steward compute ((?:run|check|explain|compile) [^|#\n]*)", GUIDE, re.M)))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_guides_commands_run(compute, command):
    for kernel in (REPOSITORY / "Examples/compute").glob("*.cu"):
        compute.file(kernel.name, kernel.read_text())
    words = shlex.split(command)
    code = 1 if words[0] == "check" and "mistakes.cu" in words or "spin.cu" in words else 0
    if "sm_90" in words:
        pytest.skip("needs NVRTC")
    result = compute(*words, code=code)
    assert result.stdout or result.stderr


def test_python_of_the_guide_reads_as_python():
    code = GUIDE.split("## From Python")[1].split("## ")[0]
    lines = [line[4:] for line in code.splitlines() if line.startswith("    ") or not line.strip()]
    compile(textwrap.dedent("\n".join(lines)), "guide", "exec")
