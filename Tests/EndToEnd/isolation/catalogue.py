"""Every attempt: the functions of `attempts/`, with the zone that each is made in."""
import ast
from dataclasses import dataclass
from pathlib import Path

ATTEMPTS = Path(__file__).parent / "attempts"
MODULES = {"files": "", "processes": "", "kernel": "", "surroundings": "", "network": "", "resources": "/small"}
# What a zone with `network: outbound` may do no more than others.
OUTBOUND = {
    "listening", "listening_unbound", "raw", "packets", "netlink", "other_families", "other_transports", "the_control_socket",
    "a_unix_socket", "a_unix_socket_by_datagrams", "an_abstract_socket", "an_abstract_socket_of_its_own",
    "a_socket_in_the_scratch_folder",
}


@dataclass(frozen=True)
class Attempt:
    module: str
    name: str
    text: str
    zone: str = ""

    @property
    def title(self):
        return f"{self.module}: {self.name.replace('_', ' ')}" + (" (outbound)" if self.zone == "/outbound" else "")

    def __str__(self):
        return f"{self.module}-{self.name}" + ("-outbound" if self.zone == "/outbound" else "")


def attempts():
    found = []
    for module, zone in MODULES.items():
        for node in ast.parse((ATTEMPTS / f"{module}.py").read_text()).body:
            if isinstance(node, ast.FunctionDef) and [argument.arg for argument in node.args.args] == ["world"]:
                if text := ast.get_docstring(node):
                    found.append(Attempt(module, node.name, text, zone))
                    if module == "network" and node.name in OUTBOUND:
                        found.append(Attempt(module, node.name, text, "/outbound"))
    return found
