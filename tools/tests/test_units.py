"""The units of deploy/systemd: what would take from the server the calls that it lives on."""
import re
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).resolve().parents[2] / "deploy/systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_leaves_landlock_seccomp_and_openat2(unit):
    settings = re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.M)
    assert ("RestrictSUIDSGID", "yes") not in settings and ("DynamicUser", "yes") not in settings, "both forbid openat2(2)"
    allowed = {word for key, value in settings if key == "SystemCallFilter" for word in value.split()}
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"} <= allowed
    assert "@sandbox" not in allowed, "unknown before systemd 254"
