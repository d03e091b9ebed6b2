"""Where the programs are: beside $RAMPART, in build/bin, or in PATH."""

import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def find_program(name):
    """Its path; an OSError that says where it was looked for."""
    beside = os.path.dirname(os.environ.get("RAMPART", "")) or os.path.join(
        ROOT, "build", "bin")
    found = shutil.which(os.path.join(beside, name)) or shutil.which(name)
    if not found:
        raise FileNotFoundError(f"no {name} in {beside} or PATH: build it first")
    return found
