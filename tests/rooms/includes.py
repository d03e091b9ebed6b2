"""Every include of src/ points to the left: a room includes only rooms that
stand before it, so that no circle can grow. Linking alone would let types and
enums pass. Headers of other projects have one home as well.

  includes.py SOURCE             check all files below SOURCE/src
  includes.py --no-mpi FILE...   no program among these needs MPI's library"""
import os
import re
import subprocess
import sys

# Rooms of one line do not know each other.
COLUMNS = [
    ["core"],
    ["files", "net", "evidence", "sched"],
    ["condition"],
    ["input", "bound", "attack"],
    ["lp"],
    ["tree"],
    ["verify"],
    ["store"],
    ["show"],
    ["report"],
    ["sim"],
    ["run"],
    ["cluster"],
    ["cli"],
]
COLUMN = {room: i for i, rooms in enumerate(COLUMNS) for room in rooms}

# These stand aside: nobody includes them, and they include no other rooms or
# headers than these.
ASIDE = {
    # The checker and its readers share nothing with the engine.
    "claims": {"core/text.h"},
    "check": {"core/text.h", "core/vector.h", "claims"},
    "team": {"check"},
    "api": {"core", "net", "condition", "files", "input", "sched", "verify"},
}

# Who may include another project's header.
HOMES = {
    "mpi.h": {"cluster", "team"},
    "glpk.h": {"lp"},
    "zip.h": {"files"},
    "hdf5.h": {"files", "input", "store", "claims"},
    "hdf5_hl.h": {"files", "input", "store", "claims"},
    "yaml.h": {"input"},
    "onnx/onnx.pb-c.h": {"input"},
}
INSTALLED = {"rampart.h", "status.h", "verdict.h"}


# Who reads the rounding rule of a staircase; everybody else asks net/stair.h.
# Assigning to it sets a staircase up and is fine. The checker has its own.
SHIFT = re.compile(r"(->|\.)shift\b(?!\s*=[^=])")
SHIFT_HOMES = {"net/stair.c", "net/stair_lanes.h"}


def reads_hidden_member(source, room, path, line):
    home = os.path.relpath(path, os.path.join(source, "src"))
    return room not in ("check", "claims") and home not in SHIFT_HOMES and SHIFT.search(line)


def rooms_before(room):
    if room in ASIDE:
        return ASIDE[room]
    return {r for r, column in COLUMN.items() if column < COLUMN[room]}


def fault(room, folder, name):
    """What is wrong with #include "name" in a room; None: nothing."""
    target, slash, base = name.partition("/")
    if not slash:
        return 'headers are included by room: "ROOM/%s"' % name
    if target == "rampart":
        return None if base in INSTALLED else "is not installed"
    if not os.path.exists(os.path.join(folder, name)):
        return "is not below src"
    if target == room or {target, name} & rooms_before(room):
        return None
    return "%s does not stand before %s" % (target, room)


def faults_of_file(source, room, path):
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            if reads_hidden_member(source, room, path, line):
                yield "%s:%d: only %s read a staircase's shift" % (
                    os.path.relpath(path, source), number,
                    " and ".join(sorted(SHIFT_HOMES)))
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include:
                continue
            kind, name = include.groups()
            said = None
            if kind == '"':
                said = fault(room, os.path.join(source, "src"), name)
            elif room not in HOMES.get(name, {room}):
                said = "belongs to %s only" % ", ".join(sorted(HOMES[name]))
            if said:
                place = os.path.relpath(path, source)
                yield "%s:%d: %s: %s" % (place, number, name, said)


def check_sources(source):
    found, files = [], 0
    for room in sorted(os.listdir(os.path.join(source, "src"))):
        folder = os.path.join(source, "src", room)
        names = [name for name in sorted(os.listdir(folder))
                 if name.endswith((".c", ".h"))]
        if names and room not in COLUMN and room not in ASIDE:
            found.append("src/%s: a room that includes.py does not know" % room)
            continue
        files += len(names)
        for name in names:
            path = os.path.join(folder, name)
            found += faults_of_file(source, room, path)
    found += ["include/rampart/%s: headers lie beside their code" % name
              for name in os.listdir(os.path.join(source, "include/rampart"))
              if name not in INSTALLED]
    if files == 0:
        found.append("%s: no sources" % source)
    return found


def check_programs(programs):
    found = []
    for program in programs:
        needs = subprocess.run(["readelf", "-d", program], check=True,
                               capture_output=True, text=True).stdout
        if "NEEDED" not in needs:
            found.append("%s: needs no library at all" % program)
        if re.search(r"NEEDED.*\[libmpi", needs):
            found.append("%s: links MPI" % program)
    return found


def main(arguments):
    if arguments[0] == "--no-mpi":
        found = check_programs(arguments[1:])
    else:
        found = check_sources(arguments[0])
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
