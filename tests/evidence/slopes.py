#!/usr/bin/python3
"""Bounds by slopes are what docs/evidence.md says, to the last integer: the
rule is carried out here, plainly, on random graphs. If q is the bound of an
accumulator, a node where it is greater than q is closed by the bound alone,
and one where it may be q is not."""

import itertools
import sys
import tempfile

from plain import (Proof, check, claim_text, classify, network_text, number,
                   pick, put, random_layers, run, signed, skip_unless_built,
                   stream)

GRAPHS, BITS, FRAC = 400, 6, 3
MOST = 2**31 - 1


class Bounds:
    """Intervals, and bounds by slopes, over a box."""

    def __init__(self, layers, box):
        self.layers, self.box, self.z = layers, box, []
        ends = [box]
        for layer in layers:
            z = []
            for i in range(layer.n_acc):
                lo = hi = layer.biases[i]
                for source, rows, _ in layer.terms:
                    for w, (l, u) in zip(rows[i], ends[source]):
                        lo, hi = lo + min(w * l, w * u), hi + max(w * l, w * u)
                z.append((lo, hi))
            self.z.append(z)
            ends.insert(0, [tuple(layer.sigma(i, max(e)) for e in zip(
                *layer.members(i, z))) for i in range(layer.n)])

    def slopes(self, k):
        """Twice about that of the line between the ends."""
        for i, (lo, hi) in zip(self.layers[k].owners, self.z[k]):
            rise = (self.layers[k].sigma(i, hi) - self.layers[k].sigma(i, lo))
            line = rise * 2**BITS // max(1, hi - lo)
            yield tuple(max(0, line + pick.randint(-2, 2))
                        for _ in range(2)) if rise else (0, 0)

    def bound(self, k, i, sign, table):
        """q for accumulator i of block k."""
        mu = [[0] * layer.n for layer in self.layers[:k]]
        nu = [0] * len(self.box)
        total = self.spread(k, [sign * 2**FRAC * (j == i) for j in
                                range(self.layers[k].n_acc)], mu, nu)
        for m in range(k - 1, -1, -1):
            lam = [max(-MOST, min(MOST, mu[m][n] * s[mu[m][n] < 0] >> BITS))
                   for n, s in zip(self.layers[m].owners, table[m])]
            total += self.spread(m, lam, mu, nu)
            total += sum(self.term(m, n, u, lam) for n, u in enumerate(mu[m]))
        total += sum(max(v * x for x in ends) for v, ends in zip(nu, self.box))
        return total >> FRAC

    def term(self, m, n, u, lam):
        """The greatest u sigma(max z) - sum lam z, whatever the maximum is."""
        layer = self.layers[m]
        group = list(zip(layer.members(n, self.z[m]), layer.members(n, lam)))
        values = []
        for top in range(max(lo for (lo, _), _ in group),
                         max(hi for (_, hi), _ in group) + 1):
            rest = [(max(-l * lo, -l * min(hi, top)), l)
                    for (lo, hi), l in group]
            values += [u * layer.sigma(n, top) - l * top
                       + sum(r for r, _ in rest[:i] + rest[i + 1:])
                       for i, ((_, hi), l) in enumerate(group) if top <= hi]
        return max(values)

    def better(self, table):
        """Bounds of blocks 1 and 2 that are inside the intervals."""
        for k in (1, 2):
            for i, (lo, hi) in enumerate(self.z[k]):
                for sign, end in ((1, hi), (-1, -lo)):
                    q = self.bound(k, i, sign, table)
                    if q < end and lo <= sign * q <= hi:
                        yield k, i, sign, q

    def spread(self, k, lam, mu, nu):
        """From block k to its sources. Returns the sum over its biases."""
        for source, rows, _ in self.layers[k].terms:
            below = k - 1 - source
            to = mu[below] if below >= 0 else nu
            for row, l in zip(rows, lam):
                for j, w in enumerate(row):
                    to[j] += l * w
        return sum(l * b for l, b in zip(lam, self.layers[k].biases))


def steps(layers, table, k, i, sign):
    out = b""
    for m, slopes in enumerate(table):
        out += number(5) + number(m) + number(BITS) + run(
            slopes, lambda pair: b"".join(map(signed, pair)))
    choice = [(1 if sign > 0 else 2) * (j == i)
              for j in range(layers[k].n_acc)]
    return out + number(6) + number(k) + number(FRAC) + run(choice, number)


def prove(layers, label, box, cut, closing):
    """The first thing in every part are cuts of accumulator i of block k beyond
    a value; the outermost side is closed by these steps, others by nothing."""
    k, i, sign, values = cut
    before = sum(layer.n_acc for layer in layers[:k])
    proof = Proof(label, 1)
    part = proof.part

    def part_with_cut(rival, kind):
        node = part(rival, kind)
        inside = []
        for value in values:
            at = value + 1 if sign > 0 else -value
            low = proof.split(node, False, before + i, at)
            inner, node = (low, low + 1) if sign > 0 else (low + 1, low)
            inside.append(inner)
        proof.record(3, node, closing)
        for inner in inside[1:]:
            proof.record(3, inner, b"")
        return inside[0]

    proof.part = part_with_cut
    return proof.prove(layers[-1], label, box)


def wide_kind():
    """A staircase that is seldom at its ends."""
    if pick.random() < 0.5:
        return ("shift", pick.randint(0, 3), -40, 40)
    step = pick.randint(2, 6)
    return ("table", -15, *(step * v + pick.randint(0, 1)
                            for v in range(-15, 15)))


def one_graph(folder):
    """Returns whether a bound was better than the interval, and tested."""
    n_in, top = 3, 6
    layers = random_layers(n_in, (4, 3, 4, 3))
    for layer in layers:
        layer.kinds = [wide_kind() for _ in layer.kinds]
    x = [pick.randint(0, top) for _ in range(n_in)]
    box = [(max(0, v - 1), min(top, v + 1)) for v in x]
    label, bounds = classify(layers, x), Bounds(layers, box)
    table = [list(bounds.slopes(m)) for m in range(2)]
    better = list(bounds.better(table))
    if not better or not is_robust(layers, box, label):
        return False
    k, i, sign, q = pick.choice(better)
    closing = steps(layers, table[:k], k, i, sign)
    put(folder, "network", network_text(n_in, top, layers))
    for name, values, by in (("beyond", [q], closing), ("plain", [q], b""),
                             ("at", [q - 1], closing),
                             ("both", [q - 1, q], closing)):
        put(folder, name + ".claim", claim_text(label, x, "radius 1"))
        put(folder, name + ".proof", stream(1, prove(
            layers, label, box, (k, i, sign, values), by)))
    refused = check(folder)
    # Closed without the bound, or at it: by the part, or there is none.
    if not {"plain", "both"} <= refused:
        return False
    if "beyond" in refused or "at" not in refused:
        sys.exit(f"the bound by slopes is {sign * q}, and the checker found a "
                 f"{'worse' if 'beyond' in refused else 'better'} one:\n"
                 + network_text(n_in, top, layers))
    return True


def is_robust(layers, box, label):
    return all(classify(layers, list(p)) == label for p in itertools.product(
        *(range(a, b + 1) for a, b in box)))


def main():
    skip_unless_built()
    done = 0
    for _ in range(GRAPHS):
        with tempfile.TemporaryDirectory() as folder:
            done += one_graph(folder)
    print(f"{done} bounds by slopes as the rule says")
    if done < GRAPHS // 40:
        sys.exit("too few")


if __name__ == "__main__":
    main()
