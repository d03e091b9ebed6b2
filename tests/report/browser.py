#!/usr/bin/python3
"""The report in Chromium: the browser finds the same data in it, it fits wide
and narrow windows, and 10,000 samples load in under a second, in less than
10 MB. Skipped (77) without Chromium."""

import html
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))

import made
import plotted
from cli import DIGITS, RADII_HEADER, Case

BROWSER = next(filter(None, map(shutil.which, (
    "chromium", "chromium-browser", "google-chrome"))), None)
MAKE_RESULTS = os.environ.get("MAKE_RESULTS", "build/bin/make_results")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]

# Runs in a copy of the page: what a reader would see, and when.
MEASURE = """<script>addEventListener('load', () => {
  const box = e => e.getBoundingClientRect();
  const found = {outside: [], cut: [], pale: []};
  let smallest = 1e9;
  // Contrast by WCAG 2, of opaque colours.
  const light = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) /
                             (Math.min(light(a), light(b)) + 0.05);
  const paper = getComputedStyle(document.body).backgroundColor;
  const check = (text, ink, ground) => {
    if (contrast(ink, ground) < 4.5) found.pale.push([text, ink, ground]);
  };
  for (const e of document.querySelectorAll('body *:not(svg *, script)'))
    if ([...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
      check(e.textContent.slice(0, 30), getComputedStyle(e).color, paper);
  for (const e of document.querySelectorAll('body *'))
    if (e.scrollWidth > e.clientWidth + 1 &&
        getComputedStyle(e).overflowX != 'visible')
      found.cut.push(e.className + e.textContent.slice(0, 30));
  for (const e of document.querySelectorAll('.card span'))
    if (e.scrollWidth > e.clientWidth + 1) found.cut.push(e.textContent);
  for (const svg of document.querySelectorAll('svg')) {
    const frame = box(svg), scale = frame.width / svg.viewBox.baseVal.width;
    const boxes = [...svg.querySelectorAll('rect')]
      .filter(r => getComputedStyle(r).fill != 'none').map(r => [box(r), r]);
    for (const text of svg.querySelectorAll('text')) {
      const at = box(text), style = getComputedStyle(text);
      const x = (at.left + at.right) / 2, y = (at.top + at.bottom) / 2;
      const below = boxes.findLast(([b]) => b.left < x && x < b.right &&
                                            b.top < y && y < b.bottom);
      check(text.textContent, style.fill,
            below ? getComputedStyle(below[1]).fill : paper);
      if (at.left < frame.left - 3 || at.right > frame.right + 3 ||
          at.top < frame.top - 3 || at.bottom > frame.bottom + 3)
        found.outside.push(text.textContent);
      smallest = Math.min(smallest,
                          parseFloat(getComputedStyle(text).fontSize) * scale);
    }
  }
  // Rows of a grid end at one place, but for the last row of figures.
  const rows = e => Object.values(Object.groupBy([...e.children],
                                                 c => box(c).top));
  found.ragged = [...document.querySelectorAll('.cards')]
    .filter(e => e.children.length == 6)
    .map(e => rows(e).map(r => r.length))
    .filter(lengths => Math.min(...lengths) < Math.max(...lengths));
  found.empty = [...document.querySelectorAll('.flow')].flatMap(e =>
    rows(e).slice(0, -1).map(r => box(e).right - box(r.at(-1)).right))
    .filter(blank => blank > 48);
  found.smallest = smallest;
  found.width = innerWidth;
  found.dark = light(paper) < 0.1;
  found.overflow = document.documentElement.scrollWidth - innerWidth;
  found.broken = [...document.images].filter(i => !i.naturalWidth).length;
  found.images = document.images.length;
  found.ms = performance.now();
  document.body.dataset.measured = JSON.stringify(found);
  parent.postMessage(document.body.dataset.measured, '*');
})</script></body>"""

# Windows of any width: Chromium's own are never narrower than 500.
WIDTHS = (400, 1000, 1600)
FRAME = """<!DOCTYPE html><meta name="color-scheme" content="light dark"/>
<body style="margin:0"><script>const all = [];
addEventListener('message', e => { all.push(JSON.parse(e.data));
  if (all.length == %d) document.body.dataset.measured = JSON.stringify(all) })
</script>%s</body>""" % (len(WIDTHS), "".join(
    f'<iframe src="look.html" width="{width}" height="1200" style="border:0">'
    "</iframe>" for width in WIDTHS))
DARK = "--blink-settings=preferredColorScheme=0"


class Browser(Case):
    def report(self, *files):
        self.ok("report", *files, "-o", "page.html", "-q")
        return self.content("page.html").decode()

    def browse(self, name, *flags):
        """What Chromium makes of a page, and what was measured in it."""
        profile = self.path("profile")
        done = subprocess.run(
            [BROWSER, *FLAGS, *flags, f"--user-data-dir={profile}",
             "--window-size=1700,1200", "--dump-dom",
             f"file://{self.path(name)}"],
            capture_output=True, text=True, timeout=120)
        shutil.rmtree(profile, ignore_errors=True)
        measured = re.search(r'data-measured="([^"]*)"', done.stdout)
        self.assertTrue(measured, done.stderr[-2000:])
        return done.stdout, json.loads(html.unescape(measured.group(1)))

    def look(self, text):
        """The page's elements as the browser has them, and measurements."""
        self.put("look.html", text.replace("</body>", MEASURE))
        shown, seen = self.browse("look.html")
        return plotted.Page(shown), seen

    def check_layout(self, text):
        """Nothing is cut off, nothing sticks out, all can be read: in narrow
        and wide windows, light and dark."""
        self.put("look.html", text.replace("</body>", MEASURE))
        self.put("frame.html", FRAME)
        for flags in ([], [DARK]):
            _, all_seen = self.browse("frame.html", *flags,
                                      "--virtual-time-budget=5000")
            self.assertEqual(sorted(s["width"] for s in all_seen),
                             sorted(WIDTHS))
            for seen in all_seen:
                with self.subTest(width=seen["width"], flags=flags):
                    self.assertEqual(seen["dark"], bool(flags))
                    self.assertLessEqual(seen["overflow"], 0)
                    self.assertEqual(seen["outside"], [])
                    self.assertEqual(seen["cut"], [])
                    self.assertEqual(seen["pale"], [])
                    self.assertEqual(seen["ragged"], [])
                    self.assertEqual(seen["empty"], [])
                    self.assertGreaterEqual(seen["smallest"], 10)
                    self.assertEqual(seen["broken"], 0)

    def words(self, text):
        """Print a page. Returns its words: (text, number of the page, height of
        the letters in points)."""
        self.put("print.html", text)
        profile = self.path("profile")
        subprocess.run([BROWSER, *FLAGS, f"--user-data-dir={profile}",
                        "--no-pdf-header-footer",
                        f"--print-to-pdf={self.path('print.pdf')}",
                        f"file://{self.path('print.html')}"],
                       capture_output=True, timeout=120, check=True)
        shutil.rmtree(profile, ignore_errors=True)
        done = subprocess.run(["pdftotext", "-bbox", self.path("print.pdf"), "-"],
                              capture_output=True, text=True, check=True)
        found = []
        for number, page in enumerate(done.stdout.split("<page ")[1:]):
            for top, bottom, word in re.findall(
                    r'<word .*yMin="([\d.]+)" .*yMax="([\d.]+)">(.*)</word>', page):
                found.append((word, number, float(bottom) - float(top)))
        return found

    def check_print(self, text):
        """Every figure is on one page, and can be read."""
        count = itertools.count()
        marked = re.sub("<figcaption>", lambda _: "<figcaption>"
                        f'<span style="font-size:6px">begin{next(count)}</span>',
                        text)
        figures, count = next(count), itertools.count()
        marked = re.sub("</figure>", lambda _: '<p style="font-size:6px;margin:0">'
                        f"end{next(count)}</p></figure>", marked)
        self.assertEqual(next(count), figures)
        words = self.words(marked)
        place = {word: page for word, page, _ in words}
        for i in range(figures):
            self.assertEqual(place[f"begin{i}"], place[f"end{i}"], i)
        small = [w for w in words if w[2] < 5.5 and
                 not re.match(r"(begin|end)\d", w[0])]
        self.assertEqual(small, [])
        return max(place.values()) + 1

    @unittest.skipUnless(shutil.which("pdftotext"), "there is no pdftotext")
    def test_print(self):
        self.ok("radius", *DIGITS, "--samples", "10-39", "--cap", "6", "-q",
                "-o", "r.h5")
        self.assertLess(self.check_print(self.report("r.h5")), 6)
        self.ok("radius", *DIGITS, "--samples", "10-29", "--cap", "6", "-q",
                "--name", "other", "-o", "s.h5")
        self.check_print(self.report("r.h5", "s.h5", "s.h5"))
        made.write_deep(self.path("deep.h5"), 30)
        self.put("x.csv", "label,a,b\n0,9,3\n")
        self.ok("radius", "--network", "deep.h5", "--dataset", "x.csv", "-q",
                "--samples", "0", "-o", "deep.results.h5")
        text = self.report("deep.results.h5")
        self.check_print(text)
        self.check_layout(text)

    def test_the_browser_sees_the_data(self):
        self.ok("radius", *DIGITS, "--samples", "10-59", "--cap", "6", "-q",
                "-o", "r.h5", ranks=2)
        text = self.report("r.h5")
        rows = self.rows(self.ok("show", "r.h5", "--csv"), RADII_HEADER)
        self.check_layout(text)
        page, seen = self.look(text)
        plotted.check_radii(self, page, rows, cap=6)
        plotted.check_accuracy(self, page, rows, cap=6)
        plotted.check_times(self, page, rows)
        self.assertGreaterEqual(seen["images"], 15)
        written = [e.tag for e in plotted.Page(text).elements]
        shown = [e.tag for e in page.elements if e.tag != "script"]
        self.assertEqual(shown, written)  # nothing was repaired

    def test_queries_and_comparisons_fit_too(self):
        self.put("names.txt", "".join(
            f"number {i}, which has a long name\n" for i in range(10)))
        self.ok("verify", *DIGITS, "--samples", "10-29", "--radius", "1,2,5",
                "--classes", "names.txt", "-q", "-o", "q.h5")
        self.ok("radius", *DIGITS, "--samples", "10-19", "--cap", "4", "-q",
                "-o", "r.h5", "--name", "a name as long as names go, and more")
        self.check_layout(self.report("q.h5"))
        self.check_layout(self.report("q.h5", "r.h5", "r.h5"))

    def test_times_of_all_sizes(self):
        """The labels of an axis are as wide as its numbers."""
        files = []
        for seconds, tick in [("0.0001", "0.0001"), ("0.008", "0.008"),
                              ("123456", "100000")]:
            files.append(f"lasted-{seconds}.h5")
            subprocess.run([MAKE_RESULTS, self.path(files[-1]), "20", "3",
                            seconds], check=True)
            text = self.report(files[-1])
            self.assertIn(f">{tick}</text>", text)
            self.check_layout(text)
        self.check_layout(self.report(*files))

    def test_every_state_at_once(self):
        """Closed, capped, open, not asked and misclassified: all legends fit."""
        subprocess.run([MAKE_RESULTS, self.path("all.h5"), "100", "4"], check=True)
        rows = self.rows(self.ok("show", "all.h5", "--csv", "--table", "radii"),
                         RADII_HEADER)
        self.assertEqual({r["state"] for r in rows},
                         {"closed", "capped", "open", "unasked", "misclassified"})
        text = self.report("all.h5")
        self.check_layout(text)
        page, _ = self.look(text)
        plotted.check_histogram(self, page, rows)

    def test_ten_thousand_samples(self):
        subprocess.run([MAKE_RESULTS, self.path("large.h5"), "10000", "64"],
                       check=True)
        text = self.report("large.h5")
        self.assertLess(len(text.encode()), 10e6)
        self.assertNotIn("<script", text)
        page, seen = self.look(text)
        rows = self.rows(self.ok("show", "large.h5", "--csv", "--table",
                                 "radii"), RADII_HEADER)
        self.assertEqual(len(rows), 10000)
        plotted.check_radii(self, page, rows, cap=60)
        runs, = page.within("ranks-0", having="data-runs")
        self.assertEqual(runs["data-ranks"], "64")
        series = page.within("times", having="data-n")
        self.assertEqual([s["data-name"] for s in series],
                         ["queries", "maximum radii"])
        seconds = [float(r["seconds"]) for r in rows
                   if r["reason"] == "none" and r["lo"] != "-1"]
        self.assertAlmostEqual(float(series[1]["data-last"]), max(seconds),
                               places=4)
        times = [seen["ms"]]
        while min(times) > 1000 and len(times) < 5:  # others use the machine
            times.append(self.look(text)[1]["ms"])
        print(f"10,000 samples: {len(text.encode()) / 1e6:.2f} MB, loaded and "
              f"laid out in {min(times):.0f} ms", file=sys.stderr)
        self.assertLess(min(times), 1000)


if __name__ == "__main__":
    if not BROWSER:
        print("skipped: there is no Chromium")
        sys.exit(77)
    unittest.main()
