"""What a report plots, read back from its elements, and compared with the rows
of `rampart show --csv`. Works on the page as it was written and on what a
browser made of it."""

import base64
import struct
import zlib
from collections import Counter
from html.parser import HTMLParser

TIMELINE_HEADER = "network,rank,sample,radius,piece,begin_s,end_s,verdict"
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.text = ""

    def __getitem__(self, name):
        return self.attributes[name]

    def number(self, name):
        return int(self.attributes[name])

    def inside(self, identity):
        """Is this element below the one with this id?"""
        at = self
        while at is not None and at.attributes.get("id") != identity:
            at = at.parent
        return at is not None


class Page(HTMLParser):
    """A page as a flat list of elements in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        parent = self.open[-1] if self.open else None
        self.elements.append(Element(tag, attrs, parent))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attrs):
        parent = self.open[-1] if self.open else None
        self.elements.append(Element(tag, attrs, parent))

    def handle_endtag(self, tag):
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data):
        for element in self.open:
            element.text += data

    def within(self, identity, tag=None, having=None):
        return [e for e in self.elements
                if (tag is None or e.tag == tag)
                and (having is None or having in e.attributes)
                and e.inside(identity)]


def read_png(uri):
    """Width, height and pixels of an 8-bit RGB picture in a data URI."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    width, height, bits, colours = struct.unpack(">IIBB", data[16:26])
    assert (bits, colours) == (8, 2), (bits, colours)
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    rows, line = zlib.decompress(packed), 1 + 3 * width
    assert all(rows[y * line] == 0 for y in range(height)), "filtered rows"
    return width, height, b"".join(rows[y * line + 1:(y + 1) * line]
                                   for y in range(height))


def interval(row):
    return int(row["lo"]), int(row["hi"])


def check_histogram(test, page, rows, part=0):
    counts = {"closed": Counter(), "capped": Counter(), "open": Counter()}
    for row in rows:
        if row["state"] in counts:
            counts[row["state"]][interval(row)[0]] += 1
    bars = page.within(f"radii-{part}", having="data-radius")
    for state, count in counts.items():
        test.assertEqual({b.number("data-radius"): b.number(f"data-{state}")
                          for b in bars if b.number(f"data-{state}")}, count)


def check_classes(test, page, rows, part=0):
    asked, wrong = Counter(), Counter()
    for row in rows:
        asked[int(row["label"])] += 1
        wrong[int(row["label"])] += row["lo"] == "-1"
    found = page.within(f"classes-{part}", having="data-class")
    test.assertEqual({e.number("data-class"): e.number("data-n")
                      for e in found}, asked)
    for e in found:
        label = e.number("data-class")
        test.assertEqual(e.number("data-wrong"), wrong[label])
        radii = sorted(interval(r)[0] for r in rows
                       if int(r["label"]) == label
                       and r["state"] in ("closed", "capped", "open"))
        if radii:
            test.assertEqual(e.number("data-median"),
                             radii[(len(radii) - 1) // 2])


def check_accuracy(test, page, rows, cap, part=0):
    """The table beside the curve, of a job that searched radii alone."""
    cells = [e.text for e in page.within("accuracy", "td")]
    table = [tuple(map(int, cells[i:i + 4])) for i in range(0, len(cells), 4)]
    test.assertGreater(len(table), 1)
    for i, (radius, certified, undecided, violated) in enumerate(table):
        test.assertEqual(radius, i)
        test.assertEqual(certified,
                         sum(interval(r)[0] >= radius for r in rows))
        test.assertEqual(violated, sum(r["lo"] == "-1" or
                                       interval(r)[1] < min(radius, cap)
                                       for r in rows))
        test.assertEqual(certified + undecided + violated, len(rows))


def check_map(test, page, rows, cap, part=0):
    cells, = page.within(f"map-{part}", "g", "data-cells")
    test.assertEqual(cells.number("data-cells"), len(rows))
    paths = page.within(f"map-{part}", "path", "data-radius")
    if paths:
        test.assertEqual({p.number("data-radius"): p.number("data-n")
                          for p in paths},
                         Counter(-2 if r["state"] == "unasked" else interval(r)[0]
                                 for r in rows))
    else:
        titles = [e.text for e in page.within(f"map-{part}", "title")
                  if e.text.startswith("sample ")]
        test.assertEqual(len(titles), len(rows))
        for title, row in zip(titles, rows):
            test.assertIn(f"sample {row['sample']}, label {row['label']}:",
                          title)
            lo, hi = interval(row)
            test.assertTrue(title.endswith(
                "misclassified" if lo < 0 else
                f"robust up to {lo} at least" if hi == cap else
                f"radius {lo}" if lo == hi else f"radius {lo} to {hi}"), title)


def check_extremes(test, page, rows, cap, part=0):
    """Cards: the nearest counterexamples first, then the greatest radii."""
    cards = page.within(f"samples-{part}", "figure", "data-sample")
    by_sample = {int(r["sample"]): interval(r) for r in rows}
    known = [by_sample[c.number("data-sample")] for c in cards]
    refuted = [i for i in by_sample.values() if -1 < i[0] and i[1] < cap]
    count = min(6, len(refuted))
    test.assertEqual(known[:count], sorted(
        refuted, key=lambda i: (i[1], i[0]))[:count])
    if len(known) > count:
        test.assertEqual(known[count], max(by_sample.values()))


def check_times(test, page, rows):
    """One series: of all that is closed, or some of it if that is much."""
    seconds = sorted(float(r["seconds"]) for r in rows
                     if r["reason"] == "none" and r["lo"] != "-1")
    series, = page.within("times", having="data-n")
    test.assertEqual(series.number("data-n"), min(len(seconds), 400))
    for name, value in [("data-first", seconds[0]),
                        ("data-last", seconds[-1])]:
        test.assertAlmostEqual(float(series[name]), max(value, 1e-5),
                               delta=2e-6 + 1e-5 * value)


def check_timeline(test, page, tasks, ranks, part=0):
    """tasks: rows of `rampart show --table timeline --csv`."""
    runs, = page.within(f"ranks-{part}", having="data-runs")
    test.assertEqual(runs.number("data-ranks"), ranks)
    test.assertLessEqual(runs.number("data-runs"), len(tasks))
    busy, until = 0, {}
    for t in sorted(tasks, key=lambda t: float(t["begin_s"])):
        begin, end = float(t["begin_s"]), float(t["end_s"])
        last = until.get(t["rank"], 0)
        busy += max(0, end - max(begin, last))
        until[t["rank"]] = max(end, last)
    test.assertAlmostEqual(float(runs["data-busy"]), busy,
                           delta=2e-6 * (1 + len(tasks)))


def check_radii(test, page, rows, cap):
    check_histogram(test, page, rows)
    check_classes(test, page, rows)
    check_map(test, page, rows, cap)
    check_extremes(test, page, rows, cap)


def find_leaders(parts, cap):
    """Of two results' radii: (part, first radius, last) wherever the one has
    more proved than the other can have."""
    runs = []
    for radius in range(1, cap + 1):
        proved = [sum(interval(r)[0] >= radius for r in rows) / len(rows)
                  for rows in parts]
        possible = [sum(interval(r)[0] >= 0 and interval(r)[1] >= radius
                        for r in rows) / len(rows) for rows in parts]
        for i in range(2):
            if proved[i] <= possible[1 - i]:
                continue
            if runs and runs[-1][0] == i and runs[-1][2] == radius - 1:
                runs[-1] = (i, runs[-1][1], radius)
            else:
                runs.append((i, radius, radius))
    return runs
