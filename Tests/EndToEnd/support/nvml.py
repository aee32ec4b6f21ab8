"""The stand-in NVML: cards that tests make, change and break while the server runs (Tests/Support/StandInNVML)."""
import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "Support/StandInNVML/nvml.c"


class StandInNVML:
    """A library in `folder` with its state beside it."""

    def __init__(self, folder, count=8, memory=80 << 30):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.library = self.folder / "libnvidia-ml.so.1"
        self.state = self.folder / "nvml.state"
        self.cards = [{"uuid": f"GPU-{index}", "name": "Stand-in_H100", "memory": memory, "used": 0, "util": 0, "temp": 30 + index,
                       "power": 60000, "minor": index, "lost": 0} for index in range(count)]
        self.faults = []
        self.parts = []
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", str(SOURCE), "-o", str(self.library)], check=True)
        self.write()

    @property
    def environment(self):
        return {"STEWARD_NVML": str(self.library)}

    def change(self, index, **fields):
        self.cards[index].update(fields)
        self.write()

    def divide(self, index, *sizes):
        """Puts a card into MIG mode, with an instance of each size in bytes; replaces those that were there."""
        card = self.cards[index]
        card["mig"] = 1
        self.parts = [part for part in self.parts if part["card"] != card["uuid"]] + [
            {"card": card["uuid"], "uuid": f"MIG-{index}-{number}", "name": f"{card['name']}_MIG_{size >> 30}gb", "memory": size,
             "used": 0, "number": number, "gi": 7 + number, "ci": 0} for number, size in enumerate(sizes)]
        self.write()

    def write(self):
        lines = [f"{kind} " + " ".join(f"{key}={value}" for key, value in card.items())
                 for kind, cards in (("card", self.cards), ("part", self.parts)) for card in cards] + self.faults
        fresh = self.state.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n")
        os.replace(fresh, self.state)
