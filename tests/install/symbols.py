"""What librampart shows is what its headers declare, what its map lists and
what its manual page explains, no more and no less.

  symbols.py SOURCE LIBRARY"""
import os
import re
import subprocess
import sys


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def declared(source):
    """Functions marked RP_PUBLIC in the headers."""
    found = set()
    folder = os.path.join(source, "include/rampart")
    for name in os.listdir(folder):
        found |= set(re.findall(r"^RP_PUBLIC\b[^;(]*?\b(\w+)\(",
                                read(folder, name), re.M))
    return found


def listed(source):
    """Global symbols of the version script."""
    text = read(source, "cmake/librampart.map.in")
    return set(re.findall(r"^\s+(\w+);$", text.split("local:")[0], re.M))


def shown(library):
    """Dynamic symbols that the library defines under its version."""
    text = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                          capture_output=True, text=True).stdout
    return set(re.findall(r" T (\w+)(?=@|$)", text, re.M))


def explained(source):
    """Functions with a prototype in the manual page, and in its text."""
    text = read(source, "src/api/rampart.3.in")
    synopsis, description = text.split(".SH DESCRIPTION", 1)
    prototypes = set(re.findall(r"\b(rp_\w+)\(", synopsis))
    mentioned = set(re.findall(r"^\.BR (rp_\w+) \(", description, re.M))
    return prototypes & mentioned, prototypes | mentioned


def main(source, library):
    wanted = declared(source)
    told, named = explained(source)
    places = {
        "cmake/librampart.map.in": (listed(source), listed(source)),
        library: (shown(library), shown(library)),
        "src/api/rampart.3.in": (told, named),
    }
    faults = []
    if len(wanted) < 20:
        faults.append("include/rampart: found only %d functions" % len(wanted))
    for place, (has, names) in places.items():
        faults += ["%s: lacks %s" % (place, name)
                   for name in sorted(wanted - has)]
        faults += ["%s: has %s, which no header declares" % (place, name)
                   for name in sorted(names - wanted)
                   if not name.startswith(("__asan", "__ubsan"))]
    print("\n".join(faults) or "%d functions" % len(wanted))
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
