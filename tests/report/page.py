#!/usr/bin/python3
"""The report as a file: well-formed, complete, true to the tables, and safe
where results come from somewhere else."""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as tree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))

import made
import plotted
from cli import (DATASET, DIGITS, NETWORK, RADII_HEADER, SOURCE, Case,
                 without_launcher)

RADIUS = ["radius", *DIGITS, "--samples", "10-39", "--cap", "5"]
CONV = os.path.join(os.path.dirname(NETWORK), "digits_conv.h5")
VERIFY = ["verify", *DIGITS, "--samples", "12-17", "--radius", "1,2"]


class Report(Case):
    def page(self, *files, **more):
        """The report of results files: parsed as XML, then by its elements."""
        self.ok("report", *files, "-o", "page.html", "-q", **more)
        text = self.content("page.html").decode()
        root = tree.fromstring(text)
        self.assertNotIn("{http://www.w3.org/1999/xhtml}script",
                         {e.tag for e in root.iter()})
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        self.assertEqual(len(ids), len(set(ids)))
        for e in root.iter():
            for name in ("src", "href"):
                self.assertRegex(e.get(name) or "#", r"\A(#|data:image/png;)")
        return plotted.Page(text), text

    def says(self, text, part, expected=True):
        """Like assertIn, without printing the page."""
        self.assertEqual(part in text, expected, part)

    def figures(self, page):
        return {e["id"] for e in page.elements
                if e.tag == "figure" and "id" in e.attributes}

    def test_radii(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5", ranks=2)
        page, text = self.page("r.h5")
        rows = self.rows(self.ok("show", "r.h5", "--csv"), RADII_HEADER)
        plotted.check_radii(self, page, rows, cap=5)
        plotted.check_accuracy(self, page, rows, cap=5)
        plotted.check_times(self, page, rows)
        tasks = self.rows(self.ok("show", "r.h5", "--csv", "--table",
                                  "timeline"), plotted.TIMELINE_HEADER)
        plotted.check_timeline(self, page, tasks, ranks=2)
        self.assertEqual(self.figures(page), {
            "key", "verdicts-0", "accuracy", "times", "radii-0", "classes-0",
            "map-0", "rivals-0", "blocks-0", "ranks-0"})
        capped = sum(row["lo"] == "5" for row in rows)
        self.says(text, f"{capped} of the samples withstand that")
        self.assertEqual(capped, sum(row["state"] == "capped" for row in rows))
        self.check_key_figures(page, rows)

    def check_key_figures(self, page, rows):
        """Of 30 samples, some at the cap of 5: bounds, not numbers."""
        cells = [e.text for e in page.within("key", "th") + page.within("key", "td")]
        names = [e.text for e in page.within("key", "th")]
        key = dict(zip(names, cells[len(names):]))
        radii = sorted(int(r["lo"]) for r in rows if r["lo"] != "-1")
        n = len(radii)
        self.assertEqual(radii[n // 2], 5)  # else this tests little
        self.assertEqual(key["Mean radius"], f"{sum(radii) / n:.2f} or more steps")
        self.assertEqual(key["Median radius"], "5 or more steps")
        self.assertEqual(key["Least radius"],
                         f"{radii[0]} step{'' if radii[0] == 1 else 's'}")
        self.assertEqual(key["Greatest radius"], "5 or more steps")
        self.assertEqual(key["Maximum radii"],
                         f"{n - radii.count(5)} closed, {radii.count(5)} capped, 0 open")

    def test_limits_are_told(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        _, text = self.page("r.h5")
        self.says(text, "Limit per sample", expected=False)
        self.says(text, "sample_limit none, ")
        done = self.run_rampart(*RADIUS, "--sample-limit", "0.001", "-q", "-o",
                                "s.h5")
        self.assertIn(done.returncode, (0, 3))
        rows = self.rows(self.ok("show", "s.h5", "--csv"), RADII_HEADER)
        _, text = self.page("s.h5")
        still_open = sum(row["state"] == "open" for row in rows)
        self.says(text, f"; {still_open} {'is' if still_open == 1 else 'are'} open",
                  expected=still_open > 0)
        _, text = self.page("r.h5", "s.h5")
        self.assertRegex(text, r"Limit per sample</th><td[^>]*>none</td>"
                               r"<td[^>]*>1 ms CPU</td>")

    def test_every_plot_has_a_title_and_labels(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        page, _ = self.page("r.h5")
        plots = [e for e in page.elements if e.tag == "svg"]
        self.assertEqual(len(plots), 9)
        for plot in plots:
            self.assertEqual(plot["role"], "img")
            for name in plot["aria-labelledby"].split():
                self.assertTrue(page.within(name)[0].text.strip())
        for figure, label in [
                ("accuracy", "radius, input steps"), ("times", "time of each"),
                ("radii-0", "maximum radius, input steps"),
                ("radii-0", "samples"), ("classes-0", "class (label)"),
                ("map-0", "greatest radius proved, input steps"),
                ("ranks-0", "seconds since the run began")]:
            self.assertTrue([e for e in page.within(figure, "text")
                             if label in e.text], label)

    def test_blocks(self):
        """The network as info describes it, and the mean of what intervals
        leave open at ten samples."""
        self.ok("radius", "--network", CONV, "--dataset", DATASET, "--samples",
                "10-39", "--cap", "2", "-q", "-o", "r.h5")
        page, text = self.page("r.h5")
        blocks = page.within("blocks-0", "g", "data-block")
        info = self.ok("info", CONV).splitlines()
        first = [i for i, line in enumerate(info)
                 if line.split()[:2] == ["block", "source"]][0]
        lines = info[first + 1:first + 1 + len(blocks)]
        for i, (block, line) in enumerate(zip(blocks, lines)):
            self.assertEqual(block.number("data-block"), i)
            self.assertEqual(line.split()[0], str(i))
            self.assertIn(f"{i}: conv", block.text)
            self.assertIn(line.split()[-1], block.text)  # range of the sums
        bars = page.within("blocks-0", "rect", "data-unstable")
        self.assertEqual(len(bars), len(blocks))
        for bar, block in zip(bars, blocks):
            self.assertLessEqual(bar.number("data-unstable"),
                                 10 * block.number("data-accumulators"))
        unstable = sum(bar.number("data-unstable") for bar in bars)
        self.assertGreater(unstable, 0)
        self.says(text, f"at most {unstable / 10:.1f} of "
                  f"{sum(b.number('data-accumulators') for b in blocks)} "
                  "neurons are unstable within radius 1")

    def test_blocks_count_samples_once_and_keep_to_their_boxes(self):
        """A mask makes fewer neurons unstable, targets none more."""
        ask = ["radius", *DIGITS, "--samples", "10-19", "--cap", "2", "-q"]
        self.put("m.csv", "mask," + ",".join(["1,0,0,0"] * 49) + "\n")
        count = {}
        for name, option in [("all", []), ("targets", ["--target", "all"]),
                             ("mask", ["--box", "m.csv"])]:
            self.ok(*ask, *option, "-o", f"{name}.h5")
            page, text = self.page(f"{name}.h5")
            count[name] = [bar.number("data-unstable") for bar in
                           page.within("blocks-0", "rect", "data-unstable")]
            self.says(text, "Mean of the first 10 samples")
            self.says(text, "within radius 1 and the sample's box or mask",
                      name == "mask")
        self.assertEqual(count["targets"], count["all"])
        self.assertLess(sum(count["mask"]), sum(count["all"]))

    def test_a_deep_network_is_drawn_in_figures_of_about_one_height(self):
        made.write_deep(self.path("deep.h5"), 20)
        self.put("x.csv", "label,a,b\n0,9,3\n")
        self.ok("verify", "--network", "deep.h5", "--dataset", "x.csv",
                "--radius", "1", "-q", "-o", "q.h5")
        page, text = self.page("q.h5")
        drawn = [[e.number("data-block") for e in
                  page.within(figure, "g", "data-block")]
                 for figure in ("blocks-0", "blocks-6-0", "blocks-13-0")]
        self.assertEqual(drawn, [list(range(0, 6)), list(range(6, 13)),
                                 list(range(13, 20))])
        self.says(text, "Blocks 13 to 19")

    def test_rivals(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        page, _ = self.page("r.h5")
        rows = self.rows(self.ok("show", "r.h5", "--csv"), RADII_HEADER)
        cells = page.within("rivals-0", having="data-reached")
        refuted = [r for r in rows if r["lo"] != "-1" and r["hi"] != "5"]
        self.assertEqual(sum(c.number("data-n") for c in cells), len(refuted))
        for cell in cells:
            self.assertNotEqual(cell["data-label"], cell["data-reached"])

    def test_pictures_have_the_colours_of_their_inputs(self):
        """Each card has the sample and the counterexample as they are, channels
        first or last; a large picture is no reason to show one card only."""
        for layout in ("nhwc", "nchw"):
            x = made.write_colours(self.path("net.h5"), self.path("x.npz"), 32,
                                   planes=layout == "nchw")
            self.ok("radius", "--network", "net.h5", "--dataset", "x.npz",
                    "--layout", layout, "--samples", "all", "-q", "-o",
                    f"{layout}.h5")
            page, text = self.page(f"{layout}.h5")
            cards = [e for e in page.elements if "data-sample" in e.attributes]
            self.assertEqual(len(cards), 12)
            self.says(text, "of each colour; grey: none")
            for card in cards:
                images = {e["alt"]: plotted.read_png(e["src"])
                          for e in page.elements
                          if e.tag == "img" and e.parent.parent.parent is card}
                sample = x[card.number("data-sample")]
                found = images["Sample"]
                self.assertEqual(found[:2], (32, 32))
                self.assertEqual(found[2], sample.tobytes())
                self.assertNotEqual(images["Counterexample"][2], found[2])

    def test_pictures(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        page, _ = self.page("r.h5")
        cards = [e for e in page.elements if "data-sample" in e.attributes]
        self.assertEqual(len(cards), 12)
        alts = [e["alt"] for e in page.within("samples-0", "img")]
        self.assertEqual(alts.count("Sample"), 12)
        self.assertGreaterEqual(alts.count("Counterexample"), 5)
        self.assertEqual(alts.count("Counterexample"),
                         alts.count("Difference, magnified"))

    def test_queries(self):
        self.ok(*VERIFY, "-q", "-o", "q.h5")
        page, text = self.page("q.h5")
        self.says(text, "Of 12 queries")
        rows = json.loads(self.ok("show", "q.h5", "--json"))[0]["queries"]
        told = re.search(r"Of 12 queries, (\d+) (?:is|are) robust, (\d+) violated, "
                         r"(\d+) unknown(?:, (\d+) misclassified)?\.", text)
        self.assertEqual(sum(int(n or 0) for n in told.groups()), len(rows))
        bars = page.within("verdicts-0", "rect", "data-verdict")
        self.assertEqual(sum(b.number("data-n") for b in bars), 12)
        self.assertNotIn("radii-0", self.figures(page))

    def test_what_was_not_asked_is_told_apart(self):
        """Of a run that was stopped: neither classified, nor of radius 0."""
        job = subprocess.Popen(
            [os.environ["RAMPART"], "radius", "--network",
             os.path.join(SOURCE, "data", "digits_deep.h5"), "--dataset", DATASET,
             "--samples", "100-199", "--attack-moves", "0", "-q", "-o", "r.h5"],
            cwd=self.folder, env=without_launcher())
        status = self.path("r.h5.status")
        while job.poll() is None:
            try:
                with open(status) as file:
                    if json.load(file)["done"] > 3:
                        job.terminate()
            except (FileNotFoundError, json.JSONDecodeError):
                pass
            time.sleep(0.05)
        rows = json.loads(self.ok("show", "r.h5", "--json"))[0]["radii"]
        unasked = sum(r["state"] == "unasked" for r in rows)
        self.assertGreater(unasked, 0)
        page, text = self.page("r.h5")
        self.says(text, f"of {100 - unasked} samples are classified as labelled; "
                        f"{unasked} are not asked yet")
        marked, = page.within("map-0", having="data-unasked")
        self.assertEqual(marked.number("data-unasked"), unasked)
        bar, = [b for b in page.within("verdicts-0", "rect", "data-verdict")
                if b["data-verdict"] == "unasked"]
        self.assertEqual(bar.number("data-n"), unasked)

    def test_both(self):
        job = self.put("both.yaml", f"""
title: "</title><script>alert(1)</script>"
network: {{file: {NETWORK}}}
dataset: {{file: {DATASET}}}
verify: [{{samples: 10-29, radii: [1, 3]}}]
radius: {{samples: 20-34, cap: 4}}
output: both.h5
""")
        self.ok("run", job, "-q")
        page, text = self.page("both.h5")
        self.says(text, "<script", False)
        self.says(text, "&lt;script&gt;alert(1)")
        rows = self.rows(self.ok("show", "both.h5", "--csv", "--table",
                                 "radii"), RADII_HEADER)
        plotted.check_histogram(self, page, rows)
        self.says(text, "Of 40 queries")
        searched = sum(r["state"] != "misclassified" for r in rows)
        self.assertLess(searched, 25)  # the others were asked at radii alone
        self.says(text, f"The maximum robustness radius of {searched} samples has a mean of")

    def test_side_by_side(self):
        self.ok(*RADIUS, "-q", "-o", "a.h5")
        self.ok(*RADIUS, "-q", "-o", "b.h5", "--name", "<other>")
        page, text = self.page("a.h5", "b.h5", "b.h5")
        for part in range(3):
            rows = self.rows(self.ok("show", "b.h5" if part else "a.h5",
                                     "--csv"), RADII_HEADER)
            plotted.check_histogram(self, page, rows, part)
            plotted.check_map(self, page, rows, 5, part)
        names = [e["data-name"] for e in page.within("accuracy", "path")
                 if e.attributes.get("data-name")]
        self.assertEqual(names, ["digits-6", "<other>, b.h5", "<other>, b.h5"])
        self.says(text, "3 results side by side")

    def heading(self, page):
        return [e.text for e in page.elements if e.tag == "h1"][0]

    def test_a_comparison_says_what_its_rows_prove(self):
        """Also where searches are open: a leader has more proved than any
        other can still reach."""
        names = ["digits-6", "digits-conv"]
        done = self.run_rampart(*RADIUS, "-q", "-o", "a.h5", "--sample-limit",
                                "0.002")
        self.assertIn(done.returncode, (0, 3))
        self.ok("radius", "--network", CONV, "--dataset", DATASET, "--samples",
                "10-39", "--cap", "5", "-q", "-o", "b.h5")
        rows = [self.rows(self.ok("show", f, "--csv"), RADII_HEADER)
                for f in ("a.h5", "b.h5")]
        page, text = self.page("a.h5", "b.h5")
        said = self.heading(page)
        runs = plotted.find_leaders(rows, cap=5)
        expected, last = "", None
        for i, lo, hi in runs:
            if i == last:
                expected += " and"
            else:
                expected += ("; " if expected else "") + (
                    f"{names[i]} is more robust than {names[1 - i]}")
            expected += (f" at radius {lo}" if lo == hi else
                         f" at every radius from {lo} to {hi}")
            last = i
        self.assertEqual(said, expected or "At no radius is one result proved "
                                           "more robust than all others")
        legends = [e for e in page.elements
                   if "legend" in e.attributes.get("class", "").split()]
        self.assertEqual(len(legends), 1)
        self.says(text, "other samples", False)
        page, text = self.page("a.h5", "a.h5")
        self.assertEqual(self.heading(page),
                         "All results are about the same network")

    def test_headings_of_accuracy_name_a_radius_that_tells_something(self):
        """Where half of the samples are robust, not where none is left."""
        self.ok("radius", *DIGITS, "--samples", "10-39", "-q", "-o", "a.h5")
        rows = self.rows(self.ok("show", "a.h5", "--csv"), RADII_HEADER)
        proved = sorted(plotted.interval(r)[0] for r in rows)
        half = proved[len(rows) // 2]  # the greatest with half or more
        self.assertGreater(proved[-1], half)
        share = 100 * sum(lo >= half for lo in proved) / len(rows)
        _, text = self.page("a.h5")
        self.says(text, f"{share:.1f} % of the samples are robust at radius {half}")

    def test_radii_by_class_have_the_names_of_classes(self):
        names = [f"digit {i}" for i in range(10)]
        self.put("names.txt", "".join(f"{name}\n" for name in names))
        self.ok(*RADIUS, "--classes", "names.txt", "-q", "-o", "r.h5")
        rows = json.loads(self.ok("show", "r.h5", "--json"))[0]["radii"]
        page, _ = self.page("r.h5")
        told = {e.text for e in page.within("classes-0", "text")}
        self.assertEqual({names[r["label"]] for r in rows}, told & set(names))

    def test_pairs_of_samples_and_targets_are_called_that(self):
        job = self.put("pairs.yaml", f"""
network: {{file: {NETWORK}}}
dataset: {{file: {DATASET}}}
radius: {{samples: 0-3, cap: 2}}
targets: all
output: pairs.h5
""")
        self.ok("run", job, "-q")
        _, text = self.page("pairs.h5")
        self.says(text, "36 of 36 pairs are classified as labelled")
        self.says(text, "no such change makes the network output the target")
        self.says(text, " of the pairs are robust at radius 2")

    def test_radii_are_said_in_the_words_of_their_norm(self):
        for norm, unit, allowed in [
                ("linf", "steps", "every input to change by r steps at most"),
                ("l1", "steps", "inputs to change by r steps at most, all"),
                ("l0", "inputs", "any r inputs to change, by any")]:
            self.ok("radius", *DIGITS, "--samples", "10-19", "--norm", norm,
                    "--cap", "4", "-q", "-o", f"{norm}.h5")
            page, text = self.page(f"{norm}.h5")
            self.says(text, "A radius r allows " + allowed)
            self.says(text, "L∞", norm == "linf")
            cells = [e.text for e in page.within("key", "td")]
            self.assertTrue(any(c.endswith(f" {unit}") for c in cells), cells)
            self.says(text, "inputs changed", norm == "l0")

    def test_great_radii_share_bars(self):
        self.ok("radius", *DIGITS, "--samples", "10-19", "--norm", "l1",
                "--sample-limit", "0.1", "-q", "-o", "r.h5", status=3)
        page, text = self.page("r.h5")
        self.says(text, "A bar stands for 10 radii.")
        rows = self.rows(self.ok("show", "r.h5", "--csv"), RADII_HEADER)
        proved = collections.Counter(int(row["lo"]) // 10 * 10 for row in rows)
        for figure in "radii-0", "classes-0":
            shown = collections.Counter()
            for bar in page.within(figure, having="data-radius"):
                shown[bar.number("data-radius")] += sum(
                    bar.number(f"data-{state}")
                    for state in ("closed", "capped", "open"))
            self.assertEqual(shown, proved)

    def test_boxes_are_named_and_radii_in_others_are_not_compared(self):
        for name, allowed in [("a", "1,0"), ("b", "0,1")]:
            self.put(f"{name}.csv", "mask," + ",".join([allowed] * 98) + "\n")
            self.ok("radius", *DIGITS, "--samples", "10-13", "--cap", "4",
                    "--box", f"{name}.csv", "-q", "-o", f"{name}.h5")
        self.ok("radius", *DIGITS, "--samples", "10-13", "--cap", "4", "-q",
                "-o", "none.h5")
        within = "at most, and only within the boxes or masks of "
        for name in ("a", "b"):
            _, text = self.page(f"{name}.h5")
            self.says(text, f"{within}{name}.csv; one step is")
        _, text = self.page("none.h5")
        self.says(text, within, False)
        for other in ("b", "none"):
            page, text = self.page("a.h5", f"{other}.h5")
            self.says(text, "Radii cannot be compared: inputs stay in "
                      "different boxes")
            self.says(text, "Robust at radius", False)

    def test_radii_in_different_patches_are_not_compared(self):
        for name, network, option in [
                ("a", NETWORK, ["--patch", "2"]), ("b", CONV, ["--patch", "3"]),
                ("none", CONV, [])]:
            self.ok("radius", "--network", network, "--dataset", DATASET,
                    "--samples", "10", "--cap", "2", *option, "-q", "-o",
                    f"{name}.h5")
        for other in ("b", "none"):
            page, _ = self.page("a.h5", f"{other}.h5")
            self.assertEqual(self.heading(page), "Radii cannot be compared: "
                             "inputs change in different patches")
        self.assertTrue([e for e in page.within("accuracy", "text")
                         if e.text == "share of samples or pairs"])

    def test_accuracies_in_different_norms_are_not_compared(self):
        for norm in ("linf", "l1"):
            self.ok("radius", *DIGITS, "--samples", "10-13", "--norm", norm,
                    "--cap", "4", "-q", "-o", f"{norm}.h5")
        page, text = self.page("linf.h5", "l1.h5")
        self.says(text, "they are in different norms")
        self.says(text, "Robust at radius", False)
        axis = [e.text for e in page.within("accuracy", "text")
                if "radius" in e.text]
        self.assertEqual(axis, ["radius, of each result in its own norm"])
        self.ok("radius", *DIGITS, "--samples", "10-13", "--norm", "l0",
                "--cap", "4", "-q", "-o", "l0.h5")
        page, _ = self.page("linf.h5", "l0.h5")
        for figure, counted in [("radii-0", "input steps"),
                                ("radii-1", "inputs changed")]:
            self.assertTrue([e for e in page.within(figure, "text")
                             if e.text == f"maximum radius, {counted}"])

    def test_steps_of_pixels_are_the_same_under_other_scales(self):
        """Only what a network's quantizer makes of reals depends on it."""
        for values, comparable in [("pixels", True), ("reals", False)]:
            for name, step in [("a", 0.25), ("b", 0.5)]:
                made.write_deep(self.path(f"{name}.net.h5"), 1, step)
                self.put("x.csv", "label,a,b\n0,9,3\n")
                self.ok("radius", "--network", f"{name}.net.h5", "--dataset",
                        "x.csv", "--values", values, "--name", name, "-q",
                        "-o", f"{name}.h5", "--fresh", "--samples", "0")
            page, _ = self.page("a.h5", "b.h5")
            self.assertEqual("Radii cannot be compared" in self.heading(page),
                             not comparable)
            done = self.run_rampart("diff", "a.h5", "b.h5")
            self.assertEqual(done.returncode, 0 if comparable else 2)

    def test_other_numbers_of_samples_are_compared_in_shares(self):
        self.ok(*RADIUS, "-q", "-o", "a.h5")
        self.ok("radius", *DIGITS, "--samples", "10-19", "--cap", "5", "-q",
                "-o", "b.h5")
        page, _ = self.page("a.h5", "b.h5")
        cells = [e.text for e in page.within("accuracy", "td")]
        for i in range(0, len(cells), 4):
            shares = [float(c.removesuffix(" %")) for c in cells[i + 1:i + 4]]
            self.assertAlmostEqual(sum(shares), 100, delta=0.2)
        self.assertTrue([e for e in page.within("radii-1", "text")
                         if e.text == "share of the radii"])
        self.assertTrue([e for e in page.within("times", "text")
                         if e.text == "share decided, fastest first"])

    def test_verdicts_of_other_numbers_of_samples_are_shares(self):
        self.ok("verify", *DIGITS, "--samples", "10-19", "--radius", "1,2,8",
                "-q", "-o", "a.h5")
        self.ok("verify", *DIGITS, "--samples", "10-16", "--radius", "1,2,8",
                "-q", "-o", "b.h5", "--name", "other")
        page, text = self.page("a.h5", "b.h5")
        for cell in [e.text for e in page.within("key", "td")
                     if "robust" in e.text]:
            shares = [float(part.split()[0]) for part in cell.split(",")]
            self.assertEqual(cell.count(" %"), len(shares))
            self.assertAlmostEqual(sum(shares), 100, delta=0.3)

    def test_other_questions_are_not_compared(self):
        one = ["verify", *DIGITS, "--samples", "10-11", "--radius", "1", "-q"]
        self.ok(*one, "-o", "a.h5")
        self.ok(*one, "--top-k", "2", "-o", "b.h5")
        page, _ = self.page("a.h5", "b.h5")
        self.assertEqual(self.heading(page),
                         "The results are about different properties")

    def test_headings_hold_for_what_is_open_and_for_properties(self):
        """A radius below those asked is open where the least one is violated;
        a sample may keep a property, whatever its class."""
        self.ok("verify", *DIGITS, "--samples", "0-19", "--radius", "20", "-q",
                "-o", "a.h5")
        rows = self.ok("show", "a.h5", "--csv", "--verdict",
                       "violated").splitlines()[1:]
        _, text = self.page("a.h5")
        self.assertGreater(len(rows), 1)
        self.says(text, f"0–{len(rows)} change class within radius 1")
        self.ok("verify", *DIGITS, "--samples", "0-9", "--radius", "1", "-q",
                "--property", "always y4 <= 20", "-o", "b.h5")
        _, text = self.page("b.h5")
        self.says(text, "9 of 10 samples are in keeping with the property")
        self.says(text, "0 break the property within radius 1")
        self.says(text, "lassified as labelled", False)

    def test_what_is_not_at_hand_is_said(self):
        network = shutil.copy(NETWORK, self.path("net.h5"))
        shutil.copy(DATASET, self.path("data.h5"))
        self.ok("radius", "--network", "net.h5", "--dataset", "data.h5",
                "--samples", "10-19", "-q", "-o", "r.h5", "--cap", "3")
        page, text = self.page("r.h5")
        self.says(text, "class=\"missing\"", False)
        os.rename(network, self.path("moved.h5"))
        self.put("data.h5", b"secret of another file")
        page, text = self.page("r.h5")
        self.says(text, "net.h5, could not be read")
        self.says(text, "its SHA-256 differs")
        self.says(text, "secret", False)
        self.assertFalse(page.within("rivals-0", having="data-reached"))
        self.assertNotIn("blocks-0", self.figures(page))
        alts = {e["alt"] for e in page.within("samples-0", "img")}
        self.assertEqual(alts, {"Counterexample"})
        page, text = self.page("r.h5", "--network", "moved.h5", "--dataset",
                               DATASET)
        self.says(text, "class=\"missing\"", False)

    def test_files_are_found_beside_the_results(self):
        os.mkdir(self.path("sub"))
        shutil.copy(NETWORK, self.path("sub/net.h5"))
        shutil.copy(DATASET, self.path("sub/data.h5"))
        subprocess.run([os.environ["RAMPART"], "radius", "--network", "net.h5",
                        "--dataset", "data.h5", "--samples", "10-12", "-q",
                        "-o", "r.h5", "--cap", "3"], check=True,
                       cwd=self.path("sub"))
        _, text = self.page("sub/r.h5")
        self.says(text, "class=\"missing\"", False)

    def test_output(self):
        self.ok(*VERIFY, "-q", "-o", "q.h5")
        self.refused("report", "q.h5", says="missing option --output")
        self.refused("report", "-o", "x.html", says="missing argument")
        self.refused("report", "none.h5", "-o", "x.html", says="none.h5")
        self.assertFalse(os.path.exists(self.path("x.html")))
        self.put("x.html", "my own work")
        self.refused("report", "q.h5", "-o", "x.html", says="--force")
        self.refused("report", "q.h5", "-o", "q.h5", says="holds results")
        self.assertEqual(self.content("x.html"), b"my own work")
        self.assertEqual(self.ok("report", "q.h5", "-o", "x.html", "--force"),
                         "wrote x.html\n")
        self.ok("report", "q.h5", "-o", "x.html")  # replaces its own
        self.refused("report", "q.h5", "-o", "q.h5/x.html", says="q.h5")
        self.ok("report", "q.h5", "-o", "new/x.html")

    def test_a_page_is_the_same_every_time(self):
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        self.assertEqual(self.page("r.h5")[1], self.page("r.h5")[1])


if __name__ == "__main__":
    unittest.main()
