"""Networks, claims and proofs in the plain format (docs/claims.md), written by
Python from what the documents say: random graphs, run and enumerated here."""

import itertools
import os
import random
import subprocess
import sys

CHECK = os.environ.get("RAMPART_VERIFIED_CHECK", "")
HASH = "sha256:" + "0123456789abcdef" * 4
pick = random.Random(int(os.environ.get("RAMPART_SEED", "1"))
                     if os.environ.get("RAMPART_SEED") != "random" else None)


def skip_unless_built():
    if not CHECK:
        print("SKIPPED: rampart-verified-check was not built")
        sys.exit(77)


# ---- numbers of proofs ----

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


# ---- operators: [n_out][n_in] weights, and the lines that say so ----

def weight():
    return pick.randint(-5, 5) * (pick.random() < 0.7)


def dense(source, n_in, n):
    rows = [[weight() for _ in range(n_in)] for _ in range(n)]
    return rows, [f"dense {source}", *(" ".join(map(str, ["row", *row]))
                                       for row in rows)]


def sparse(source, n_in, n):
    rows, _ = dense(source, n_in, n)
    return rows, [f"sparse {source}", *(" ".join(
        ["taps", *(f"{i} {w}" for i, w in enumerate(row) if w)])
        for row in rows)]


def split_in_three(n):
    a = pick.choice([d for d in range(1, n + 1) if n % d == 0])
    b = pick.choice([d for d in range(1, n // a + 1) if n // a % d == 0])
    return pick.sample((a, b, n // a // b), 3)


def conv(source, n_in, n):
    """Any shape of these sizes, sensible or not."""
    (in_h, in_w, in_c), (out_h, out_w, out_c) = map(split_in_three, (n_in, n))
    groups = pick.choice([d for d in range(1, in_c + 1)
                          if in_c % d == 0 and out_c % d == 0])
    k_h, k_w, s_h, s_w, d_h, d_w = (pick.choice((1, 1, 2, 3)) for _ in range(6))
    top, left = pick.randint(0, 2), pick.randint(0, 2)
    per = in_c // groups
    kernels = [[weight() for _ in range(k_h * k_w * per)] for _ in range(out_c)]
    rows = []
    for oy, ox, co in itertools.product(*map(range, (out_h, out_w, out_c))):
        row = [0] * n_in
        for ky, kx, c in itertools.product(*map(range, (k_h, k_w, per))):
            y, x = oy * s_h + ky * d_h - top, ox * s_w + kx * d_w - left
            if 0 <= y < in_h and 0 <= x < in_w:
                channel = co // (out_c // groups) * per + c
                row[(y * in_w + x) * in_c + channel] = (
                    kernels[co][(ky * k_w + kx) * per + c])
        rows.append(row)
    shape = (in_h, in_w, in_c, out_h, out_w, out_c, k_h, k_w, s_h, s_w, d_h,
             d_w, top, left, groups)
    return rows, [" ".join(map(str, ["conv", source, *shape])),
                  *(" ".join(map(str, ["row", *k])) for k in kernels)]


def select(source, n_in, n):
    columns = [pick.randint(-1, n_in - 1) for _ in range(n)]
    weights = [weight() for _ in range(n)]
    rows = [[w * (i == c) for i in range(n_in)]
            for c, w in zip(columns, weights)]
    return rows, [f"select {source}", " ".join(map(str, ["columns", *columns])),
                  " ".join(map(str, ["weights", *weights]))]


# ---- networks ----

class Layer:
    """n neurons of n_acc accumulators: one each, or groups of which a neuron
    takes the greatest. sizes: of what there is so far, the latest first."""

    def __init__(self, sizes, n, may_pool=True):
        self.n = self.n_acc = n
        self.owners = list(range(n))
        self.is_pooled = may_pool and pick.random() < 0.3
        if self.is_pooled:
            self.n_acc = n + pick.randint(0, n + 1)
            self.owners += [pick.randrange(n) for _ in range(n, self.n_acc)]
            pick.shuffle(self.owners)
        sources = pick.sample(range(len(sizes)),
                              pick.randint(1, min(2, len(sizes))))
        self.terms = [(s, *pick.choice((dense, sparse, conv, select))(
            s, sizes[s], self.n_acc)) for s in sources]
        self.biases = [pick.randint(-8, 8) for _ in range(self.n_acc)]
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
        for _, _, lines in self.terms:
            yield from lines
        yield " ".join(["biases", *map(str, self.biases)])
        for kind in self.kinds:
            yield " ".join(map(str, kind))
        yield " ".join(["which", *map(str, self.which)])
        if self.is_pooled:
            yield " ".join(["pools", *map(str, self.owners)])

    def ends(self, i):
        """Least and greatest value of a neuron."""
        kind, *k = self.kinds[self.which[i]]
        return (k[1], k[2]) if kind == "shift" else (k[0], k[0] + len(k) - 1)

    def sigma(self, i, z):
        kind, *k = self.kinds[self.which[i]]
        if kind == "shift":
            return max(k[1], min(k[2], (z + (1 << k[0]) // 2) >> k[0]))
        return k[0] + sum(t <= z for t in k[1:])

    def accumulate(self, values):
        return [bias + sum(w * a for source, rows, _ in self.terms
                           for w, a in zip(rows[i], values[source]))
                for i, bias in enumerate(self.biases)]

    def members(self, i, of_accumulators):
        return [v for v, owner in zip(of_accumulators, self.owners)
                if owner == i]

    def run(self, values):
        z = self.accumulate(values)
        return [self.sigma(i, max(self.members(i, z))) for i in range(self.n)]


def classify(layers, x):
    values = [x]
    for layer in layers:
        values.insert(0, layer.run(values))
    return values[0].index(max(values[0]))


def random_layers(n_in, sizes):
    known, layers = [n_in], []
    for n in sizes:
        layers.append(Layer(known, n, len(layers) + 1 < len(sizes)))
        known.insert(0, n)
    return layers


def network_text(n_in, top, layers):
    return "\n".join(["rampart-network 1", HASH, f"inputs {n_in} {top}",
                      *(line for layer in layers for line in layer.lines())
                      ]) + "\n"


def claim_text(label, x, where):
    return (f"rampart-claim 1\n{HASH}\nsample 0\nlabel {label}\n"
            f"input {' '.join(map(str, x))}\n{where}\nrobust\n")


# ---- proofs ----

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


class Proof:
    """A proof that splits the inputs down to points. `steps` and `weights` are
    called for what stands on the way; records of cuts come first."""

    def __init__(self, label, radius, steps=lambda with_part: b"",
                 weights=lambda: None, cuts=b""):
        self.out = bytearray([2, label, radius, 0]) + cuts
        self.steps, self.weights, self.nodes = steps, weights, 0

    def prove(self, last, label, box):
        self.record(2, 0, self.steps(False))
        for rival, kind in parts(last, label):
            self.tree(self.part(rival, kind), box)
        return bytes(self.out + b"\0")

    def record(self, kind, node, steps):
        self.out += number(kind) + number(node) + number(len(steps)) + steps

    def part(self, rival, kind):
        self.out += number(1) + number(rival)
        weights = self.weights() if kind == 0 else None
        if weights:
            self.out += number(3) + number(weights[0]) + number(weights[1])
        else:
            self.out += number(kind)
        self.nodes += 1
        return self.nodes

    def split(self, node, is_input, at, value, steps=b""):
        """Returns the low child; the high one is next."""
        self.record(4, node, steps)
        self.out += number(int(is_input)) + number(at) + signed(value)
        self.nodes += 2
        return self.nodes - 1

    def tree(self, node, box):
        wide = [i for i, (a, b) in enumerate(box) if a < b]
        if not wide:
            self.record(3, node, self.steps(True))
            return
        i = pick.choice(wide)
        a, b = box[i]
        middle = (a + b + 1) // 2
        low = self.split(node, True, i, middle, self.steps(True))
        self.tree(low, [*box[:i], (a, middle - 1), *box[i + 1:]])
        self.tree(low + 1, [*box[:i], (middle, b), *box[i + 1:]])


def stream(radius, proof):
    return number(5) + number(radius) + number(len(proof)) + proof


# ---- folders ----

def put(folder, name, content):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())


def check(folder):
    """The names of the claims that are refused."""
    done = subprocess.run([CHECK, folder], text=True, capture_output=True)
    refused = {line.split(":")[0] for line in done.stdout.splitlines()[:-1]}
    if done.returncode != (1 if refused else 0):
        sys.exit(f"{folder}: exit status {done.returncode}\n{done.stderr}")
    return refused
