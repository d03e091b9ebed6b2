#!/usr/bin/python3
"""rampart-verified-check on graphs that nothing else of Rampart knows yet: layers
joined again, sparse terms, tables of thresholds, a staircase of its own for each
neuron. Networks and claims are written as docs/claims.md says, every input is
enumerated here. Proofs split down to points, with steps of random multipliers on
the way: true claims are accepted, false ones are not."""

import itertools
import os
import random
import subprocess
import sys
import tempfile

CHECK = os.environ.get("RAMPART_VERIFIED_CHECK", "")
GRAPHS, TOP, HASH = 120, 7, "sha256:" + "0123456789abcdef" * 4
pick = random.Random(int(os.environ.get("RAMPART_SEED", "1"))
                     if os.environ.get("RAMPART_SEED") != "random" else None)


def number(value):
    """Seven bits a byte, least first."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def signed(value):
    return number(2 * value if value >= 0 else -2 * value - 1)


def run(entries, put_one):
    """Entries; a zero is followed by the number of further zeros."""
    out, k = b"", 0
    while k < len(entries):
        out += put_one(entries[k])
        is_zero = entries[k] in (0, (0, 0))
        k += 1
        if is_zero:
            more = next((i for i, e in enumerate(entries[k:])
                         if e not in (0, (0, 0))), len(entries) - k)
            out += number(more)
            k += more
    return out


# ---- networks ----

class Layer:
    def __init__(self, sizes, n):
        """sizes: of what there is so far, the latest first."""
        self.n = n
        sources = pick.sample(range(len(sizes)), pick.randint(1, min(2, len(sizes))))
        self.terms = [(s, pick.random() < 0.5,
                       [[pick.randint(-5, 5) * (pick.random() < 0.7)
                         for _ in range(sizes[s])] for _ in range(n)])
                      for s in ([0] if len(sizes) == 1 else sources)]
        self.biases = [pick.randint(-8, 8) for _ in range(n)]
        self.kinds = [self.kind() for _ in range(pick.choice((1, 3)))]
        self.which = [pick.randrange(len(self.kinds)) for _ in range(n)]

    @staticmethod
    def kind():
        if pick.random() < 0.5:
            lo = pick.randint(-4, 0)
            return ("shift", pick.randint(0, 4), lo, lo + pick.randint(0, 6))
        return ("table", pick.randint(-2, 2),
                *sorted(pick.randint(-30, 30)
                        for _ in range(pick.randint(0, 5))))

    def lines(self):
        yield "layer"
        for source, sparse, rows in self.terms:
            yield f"{'sparse' if sparse else 'dense'} {source}"
            for row in rows:
                taps = [f"{i} {w}" for i, w in enumerate(row) if w]
                yield " ".join(["taps", *taps] if sparse else
                               ["row", *map(str, row)])
        yield " ".join(["biases", *map(str, self.biases)])
        for kind in self.kinds:
            yield " ".join(map(str, kind))
        yield " ".join(["which", *map(str, self.which)])

    def ends(self, i):
        """Least and greatest value of a neuron."""
        kind, *k = self.kinds[self.which[i]]
        return (k[1], k[2]) if kind == "shift" else (k[0], k[0] + len(k) - 1)

    def run(self, values):
        for i in range(self.n):
            z = self.biases[i] + sum(
                w * a for source, _, rows in self.terms
                for w, a in zip(rows[i], values[source]))
            kind, *k = self.kinds[self.which[i]]
            if kind == "shift":
                yield max(k[1], min(k[2], (z + (1 << k[0]) // 2) >> k[0]))
            else:
                yield k[0] + sum(t <= z for t in k[1:])


def classify(layers, x):
    values = [x]
    for layer in layers:
        values.insert(0, list(layer.run(values)))
    return values[0].index(max(values[0]))


# ---- proofs ----

class Proof:
    def __init__(self, layers, label, radius):
        self.layers = layers
        self.out = bytearray([2, label, radius, 0])
        self.nodes = 0

    def steps(self, with_part=True):
        out = b""
        for _ in range(pick.choice((0, 0, 1, 2))):
            action = pick.randint(1 if with_part else 3, 6)
            top = len(self.layers) - 1
            out += number(action)
            if action >= 5:
                out += self.slopes() if action == 5 else self.bounds()
                continue
            if action >= 3:
                top = pick.randint(0, top)
                before = sum(l.n for l in self.layers[:top])
                out += number(before + pick.randrange(self.layers[top].n))
            out += number(pick.randint(0, 3))
            for _ in range(sum(l.n for l in self.layers[:top + 1])):
                m = pick.randint(-3, 3)
                out += signed(m) + (number(0) if m == 0 else b"")
        return number(len(out)) + out

    def slopes(self):
        block = pick.randrange(len(self.layers))
        pairs = [(pick.randint(-3, 30), pick.randint(0, 30))
                 for _ in range(self.layers[block].n)]
        return (number(block) + number(6) +
                run(pairs, lambda pair: b"".join(map(signed, pair))))

    def bounds(self):
        block = pick.randrange(len(self.layers))
        return (number(block) + number(pick.randint(0, 30)) +
                run([pick.randint(0, 3) for _ in range(self.layers[block].n)],
                    number))

    def part(self, rival, kind, box):
        self.out += number(1) + number(rival)
        if kind == 0 and pick.random() < 0.5: # with weights
            self.out += number(3) + number(pick.randint(1, 9)) + number(1)
        else:
            self.out += number(kind)
        self.nodes += 1
        self.tree(self.nodes, box)

    def tree(self, node, box):
        wide = [i for i, (a, b) in enumerate(box) if a < b]
        if not wide:
            self.out += number(3) + number(node) + self.steps()
            return
        i = pick.choice(wide)
        a, b = box[i]
        middle = (a + b + 1) // 2
        self.out += (number(4) + number(node) + self.steps() + number(1)
                     + number(i) + signed(middle))
        low = self.nodes + 1
        self.nodes += 2
        self.tree(low, [*box[:i], (a, middle - 1), *box[i + 1:]])
        self.tree(low + 1, [*box[:i], (middle, b), *box[i + 1:]])


def parts(last, label):
    """Rival and kind, as docs/evidence.md says."""
    lo_y, hi_y = last.ends(label)
    floors = []
    for rival in range(last.n):
        if rival == label:
            continue
        lo, hi = last.ends(rival)
        delta = int(rival > label)
        if max(lo_y, lo - delta + 1) <= min(hi_y - 1, hi - delta):
            yield rival, 0
        if lo < hi_y + delta <= hi:
            yield rival, 1
        if lo_y <= lo - delta and all(f < lo - delta for f in floors):
            yield rival, 2
        floors.append(lo - delta)


def prove(layers, label, radius, box):
    proof = Proof(layers, label, radius)
    proof.out += number(2) + number(0) + proof.steps(with_part=False)
    for rival, kind in parts(layers[-1], label):
        proof.part(rival, kind, box)
    return bytes(proof.out + b"\0")


# ---- claims ----

def put(folder, name, content):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())


def claim(folder, name, layers, answers, tally):
    x = [pick.randint(0, TOP) for _ in range(2)]
    radius = pick.randint(1, 2)
    true_label = answers[tuple(x)]
    label = true_label if pick.random() < 0.8 else pick.randrange(layers[-1].n)
    box = [(max(0, v - radius), min(TOP, v + radius)) for v in x]
    where = f"radius {radius}"
    if pick.random() < 0.3:
        box = [(pick.randint(0, v), pick.randint(v, TOP)) for v in x]
        where = (f"least {box[0][0]} {box[1][0]}\n"
                 f"most {box[0][1]} {box[1][1]}")
    inside = itertools.product(*(range(a, b + 1) for a, b in box))
    is_true = all(answers[p] == label for p in inside)
    put(folder, name + ".claim",
        f"rampart-claim 1\n{HASH}\nsample 0\nlabel {label}\n"
        f"input {x[0]} {x[1]}\n{where}\nrobust\n")
    proof = prove(layers, label, radius, box)
    if not is_true and pick.random() < 0.5: # also damaged, where it is false
        at = pick.randrange(4, len(proof))
        proof = proof[:at] + bytes([pick.randrange(256)]) + proof[at + 1:]
    put(folder, name + ".proof",
        number(5) + number(radius) + number(len(proof)) + proof)
    tally["true" if is_true else "false"] += 1
    return is_true


def one_graph(folder, tally):
    sizes, layers = [2], []
    for n in (3, pick.randint(2, 3), 3, pick.randint(2, 4)):
        layers.append(Layer(sizes, n))
        sizes.insert(0, n)
    answers = {x: classify(layers, list(x))
               for x in itertools.product(range(TOP + 1), repeat=2)}
    put(folder, "network", "\n".join(
        ["rampart-network 1", HASH, f"inputs 2 {TOP}",
         *(line for layer in layers for line in layer.lines())]) + "\n")
    wanted = {f"{k:02}": claim(folder, f"{k:02}", layers, answers, tally)
              for k in range(6)}
    done = subprocess.run([CHECK, folder], text=True, capture_output=True)
    refused = {line.split(":")[0] for line in done.stdout.splitlines()[:-1]}
    for name, is_true in wanted.items():
        if is_true == (name in refused):
            sys.exit(f"{folder}: claim {name} is {is_true}, and said to be "
                     f"otherwise:\n{done.stdout}{done.stderr}")
    if done.returncode != (1 if refused else 0):
        sys.exit(f"{folder}: exit status {done.returncode}\n{done.stderr}")


def main():
    if not CHECK:
        print("SKIPPED: rampart-verified-check was not built")
        sys.exit(77)
    tally = {"true": 0, "false": 0}
    for _ in range(GRAPHS):
        with tempfile.TemporaryDirectory() as folder:
            one_graph(folder, tally)
    print(f"{GRAPHS} graphs: {tally['true']} true claims accepted, "
          f"{tally['false']} false ones refused")
    if tally["true"] < GRAPHS or tally["false"] < GRAPHS:
        sys.exit("too few of one kind")


if __name__ == "__main__":
    main()
