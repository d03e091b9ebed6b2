#!/usr/bin/python3
"""rampart-verified-check on graphs: layers joined again, convolutions and
selections of any shape, maxima of groups, tables of thresholds, a staircase of
its own for each neuron and output. Networks and claims are written as
docs/claims.md says, every input is enumerated here. Proofs split down to points,
with steps of random multipliers and slopes on the way: true claims are accepted,
false ones are not, nor are damaged proofs of these."""

import itertools
import sys
import tempfile

from plain import (Proof, check, claim_text, classify, network_text, number,
                   pick, put, random_layers, run, signed, skip_unless_built,
                   stream)

GRAPHS, DAMAGES = 150, 25


class Steps:
    """Random steps for a network."""

    def __init__(self, layers, n_in):
        self.layers, self.n_in = layers, n_in
        self.cuts = 0

    def __call__(self, with_part):
        out = b""
        for _ in range(pick.choice((0, 0, 1, 2))):
            action = pick.randint(1 if with_part else 3, 6)
            if self.cuts and pick.random() < 0.5:
                out += self.uses()
            out += number(action) + (self.slopes() if action == 5 else
                                     self.bounds() if action == 6 else
                                     self.multipliers(action))
        return out

    def multipliers(self, action):
        out, top = b"", len(self.layers) - 1
        if action >= 3:
            top = pick.randint(0, top)
            before = sum(l.n_acc for l in self.layers[:top])
            out += number(before + pick.randrange(self.layers[top].n_acc))
        count = sum(l.n_acc for l in self.layers[:top + 1])
        return out + number(pick.randint(0, 3)) + run(
            [pick.randint(-3, 3) for _ in range(count)], signed)

    def cut(self):
        """A record: any accumulator, side, unit, threshold and inputs."""
        self.cuts += 1
        count = sum(l.n_acc for l in self.layers)
        first = self.layers[0].n_acc
        at = pick.randrange(first if pick.random() < 0.8 else count)
        sevens = [pick.randrange(128) * (pick.random() < 0.9)
                  for _ in range((self.n_in + 6) // 7)]
        return (number(6) + number(at) + number(pick.randint(0, 1)) +
                number(pick.choice((1, 2, 5, 20, 1 << 21))) +
                signed(pick.randint(-20, 20)) + run(sevens, number))

    def uses(self):
        count = pick.randint(0, 3)
        return number(7) + number(count) + b"".join(
            number(pick.randrange(self.cuts)) + number(pick.randint(0, 3))
            for _ in range(count))

    def slopes(self):
        block = pick.randrange(len(self.layers))
        pairs = [(pick.randint(-3, 30), pick.randint(0, 30))
                 for _ in range(self.layers[block].n_acc)]
        return (number(block) + number(6) +
                run(pairs, lambda pair: b"".join(map(signed, pair))))

    def bounds(self):
        block = pick.randrange(len(self.layers))
        return (number(block) + number(pick.randint(0, 30)) +
                run([pick.randint(0, 3)
                     for _ in range(self.layers[block].n_acc)], number))


def weights():
    if pick.random() < 0.5:
        return pick.randint(1, 9), pick.choice((1, 3, 32767))
    return None


class Graph:
    def __init__(self):
        self.n_in, self.top = pick.choice(((2, 7), (3, 3), (4, 2)))
        self.layers = random_layers(self.n_in, [
            pick.choice((2, 3, 4, 6)), pick.choice((2, 3, 4)), 3,
            pick.randint(2, 4)])
        self.answers = {x: classify(self.layers, list(x)) for x in
                        itertools.product(range(self.top + 1),
                                          repeat=self.n_in)}

    def claim(self, folder, name):
        x = [pick.randint(0, self.top) for _ in range(self.n_in)]
        radius = pick.randint(1, 2)
        true_label = self.answers[tuple(x)]
        label = (true_label if pick.random() < 0.8 else
                 pick.randrange(self.layers[-1].n))
        box = [(max(0, v - radius), min(self.top, v + radius)) for v in x]
        where = f"radius {radius}"
        if pick.random() < 0.3:
            box = [(pick.randint(0, v), pick.randint(v, self.top)) for v in x]
            where = "\n".join(" ".join(map(str, [word, *ends])) for word, ends
                              in zip(("least", "most"), zip(*box)))
        inside = itertools.product(*(range(a, b + 1) for a, b in box))
        is_true = all(self.answers[p] == label for p in inside)
        steps = Steps(self.layers, self.n_in)
        cuts = b"".join(steps.cut() for _ in range(pick.randint(0, 4)))
        proof = Proof(label, radius, steps, weights, cuts).prove(
            self.layers[-1], label, box)
        proofs = [proof]
        if not is_true:
            proofs += [damaged(proof) for _ in range(DAMAGES)]
        for k, tried in enumerate(proofs):
            put(folder, f"{name}-{k}.claim", claim_text(label, x, where))
            put(folder, f"{name}-{k}.proof", stream(radius, tried))
        return [(f"{name}-{k}", is_true) for k in range(len(proofs))]


def damaged(proof):
    """A byte is another, missing, or twice; or some are elsewhere."""
    at = pick.randrange(4, len(proof))
    to = pick.randint(at, min(len(proof), at + 40))
    back = pick.randrange(4, at + 1)
    return pick.choice((
        proof[:at] + bytes([pick.randrange(256)]) + proof[at + 1:],
        proof[:at] + bytes([proof[at] ^ 1 << pick.randrange(8)])
        + proof[at + 1:],
        proof[:at] + proof[at + 1:], proof[:at] + proof[at:at + 1] + proof[at:],
        proof[:back] + proof[at:to] + proof[back:at] + proof[to:]))


def main():
    skip_unless_built()
    tally = {True: 0, False: 0}
    for _ in range(GRAPHS):
        graph = Graph()
        with tempfile.TemporaryDirectory() as folder:
            put(folder, "network",
                network_text(graph.n_in, graph.top, graph.layers))
            wanted = dict(claim for k in range(6)
                          for claim in graph.claim(folder, str(k)))
            refused = check(folder)
            for name, is_true in wanted.items():
                tally[is_true] += 1
                if is_true == (name in refused):
                    sys.exit(f"claim {name} is {is_true}, and said to be "
                             "otherwise:\n" + network_text(
                                 graph.n_in, graph.top, graph.layers))
    print(f"{GRAPHS} graphs: {tally[True]} true claims accepted, "
          f"{tally[False]} proofs of false ones refused")
    if min(tally.values()) < GRAPHS:
        sys.exit("too few of one kind")


if __name__ == "__main__":
    main()
