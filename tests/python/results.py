"""Results and run against the command line: the same tables, counts as in the
report, and what must not be counted left out."""

import io
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import unittest.mock

import pandas as pd
import rampart
from common import DATASET, DIGITS, NETWORK, Case, command_line

# Every state and verdict: limits leave some open, the cap some capped; queries
# ask some samples that no search asks, and radii beyond the cap.
JOB = f"""
title: All states
network: {{file: {NETWORK}}}
dataset: {{file: {DATASET}}}
verify:
  - samples: 20-49
    radii: [1, 4, 14]
radius:
  samples: 40-99
  cap: 12
options: {{node_limit: 1, attack_moves: 0, dual_steps: 2, threads: 1}}
output: all.h5
"""


class Tables(Case):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory(prefix="rampart-python-")
        cls.addClassCleanup(cls.made.cleanup)
        with open(os.path.join(cls.made.name, "all.yaml"), "w",
                  encoding="utf-8") as file:
            file.write(JOB)
        rampart.run(file.name, output=os.path.join(cls.made.name, "all.h5"))

    def setUp(self):
        super().setUp()
        shutil.copytree(self.made.name, ".", dirs_exist_ok=True)
        self.results = rampart.Results("all.h5")

    def compare(self, table, shown):
        """Column by column with what `rampart show --csv` prints."""
        shown = pd.read_csv(io.StringIO(shown), keep_default_na=False)
        self.assertEqual(len(table), len(shown))
        for name in shown.columns.drop("network"):
            if name in ("lo", "hi"): # nothing, where the command prints -1
                continue
            if name == "seconds":
                self.assertTrue((table[name] - shown[name]).abs().max() < 1e-6)
            else:
                self.assertEqual(list(table[name]), list(shown[name]), name)
        return shown

    def test_queries(self):
        queries = self.results.queries
        self.compare(queries, self.ok("show", "--csv", "--table", "queries",
                                      "all.h5"))
        self.assertEqual(set(queries.verdict),
                         {"robust", "violated", "unknown", "misclassified"})
        wrong = queries[queries.misclassified]
        self.assertEqual(set(wrong.verdict), {"misclassified"})
        self.assertEqual(set(wrong["sample"]), {24})
        has_one = queries.verdict == "violated"
        self.assertEqual(list(queries.counterexample.notna()), list(has_one))
        self.assertEqual(list(queries.distance.notna()), list(has_one))

    def test_radii(self):
        radii = self.results.radii
        shown = self.compare(radii, self.ok("show", "--csv", "--table", "radii",
                                            "all.h5"))
        self.assertEqual(set(radii.state),
                         {"closed", "capped", "open", "misclassified"})
        for name in ("lo", "hi"):
            there = ~radii.misclassified
            self.assertEqual(list(radii[name][there]), list(shown[name][there]))
            self.assertTrue(radii[name][~there].isna().all())
        self.assertTrue((radii.lo[radii.capped] == 12).all())
        right = shown[shown.lo >= 0]
        self.assertAlmostEqual(radii.lo.mean(), right.lo.mean())

    def test_names_of_classes(self):
        self.assertIsNone(self.results.class_names)
        with open("names.txt", "w", encoding="utf-8") as file:
            file.write("".join(f"n{label}\n" for label in range(10)))
        self.ok("verify", *DIGITS, "--samples", "0-2", "--radius", "1",
                "--classes", "names.txt", "--quiet", "--output", "named.h5")
        named = rampart.Results("named.h5")
        self.assertEqual(named.class_names[9], "n9")
        self.assertEqual(list(named.queries["class"]),
                         [f"n{label}" for label in named.queries.label])

    def test_ranks(self):
        self.compare(self.results.ranks,
                     self.ok("show", "--csv", "--table", "ranks", "all.h5"))

    def test_where_they_come_from(self):
        about = self.results.attributes
        self.assertEqual((about["network"], about["radius_cap"],
                          about["options"]["node_limit"]), ("digits-6", 12, 1))
        self.assertNotIn("queries", about)

    def test_accuracy_is_that_of_the_report(self):
        self.ok("report", "all.h5", "--output", "all.html")
        with open("all.html", encoding="utf-8") as file:
            page = file.read()
        table = re.search(r"certified</th>.*?<tbody>(.*?)</tbody>", page,
                          re.S).group(1)
        shown = {int(r): (int(a), int(b), int(c)) for r, a, b, c in re.findall(
            r"<tr><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td>",
            table)}
        accuracy = self.results.accuracy
        self.assertEqual({r: (row.certified, row.undecided, row.violated)
                          for r, row in accuracy.iterrows()}, shown)
        self.assertIn(14, shown)
        self.assertTrue((accuracy.undecided > 0).any())
        for radius, (proved, unknown, refuted) in shown.items():
            got = self.results.certified_accuracy(radius)
            asked = proved + unknown + refuted
            self.assertAlmostEqual(got.lower, proved / asked)
            self.assertAlmostEqual(got.upper, (proved + unknown) / asked)

    def test_accuracy_by_hand(self):
        """What the tables say about each sample, put together one by one."""
        q, r = self.results.queries, self.results.radii
        self.raises("all.h5: no sample was asked at radius 13",
                    self.results.certified_accuracy, 13)
        for radius in (0, 1, 3, 4, 12, 14):
            certified = possible = asked = 0
            for sample in range(20, 100):
                queries = q[q["sample"] == sample]
                searches = r[r["sample"] == sample]
                is_searched = len(searches) and radius <= 12
                if radius and not is_searched and \
                        radius not in list(queries.radius):
                    continue
                asked += 1
                if queries.misclassified.any() or searches.misclassified.any():
                    continue
                lo = max([0, *searches.lo,
                          *queries.radius[queries.verdict == "robust"]])
                refuted = [math.inf,
                           *queries.radius[queries.verdict == "violated"],
                           *(row.hi + 1 for _, row in searches.iterrows()
                             if row.state == "closed" or
                             row.state == "open" and row.hi < 12)]
                certified += radius <= lo
                possible += radius < min(refuted)
            got = self.results.certified_accuracy(radius)
            self.assertAlmostEqual(got.lower, certified / asked)
            self.assertAlmostEqual(got.upper, possible / asked)
            self.assertEqual(got._fields, ("lower", "upper"))

    def test_tables_are_the_callers(self):
        """Whatever is done to a table, the results stay what they are."""
        before = self.results.certified_accuracy(4)
        self.results.radii.drop(self.results.radii.index, inplace=True)
        self.results.queries["verdict"] = "robust"
        self.assertEqual(self.results.certified_accuracy(4), before)
        self.assertEqual(len(self.results.radii), 60)

    def test_radii_that_nobody_asked(self):
        self.ok("verify", *DIGITS, "--samples", "0", "--radius", "4", "-q",
                "-o", "one.h5")
        results = rampart.Results("one.h5")
        self.assertEqual(results.certified_accuracy(4), (1, 1))
        self.assertEqual(list(results.accuracy.index), [0, 4])
        self.raises("one.h5: no sample was asked at radius 3",
                    results.certified_accuracy, 3)
        self.raises("radius: expected a whole number from 0, found -1",
                    results.certified_accuracy, -1)
        self.assertEqual(len(results.radii), 0)
        self.assertEqual(str(results.radii.lo.dtype), "Int64")

    def test_without_counterexamples(self):
        """With evidence `none` the cap alone tells capped from closed."""
        kept = self.results.accuracy
        other = rampart.run("all.yaml", output="none.h5", evidence="none")
        self.assertTrue(other.radii.counterexample.isna().all())
        pd.testing.assert_frame_equal(other.accuracy, kept)
        self.assertEqual(list(other.radii.state),
                         list(self.results.radii.state))

    def test_plots(self):
        ax = self.results.plot_accuracy()
        self.assertEqual(ax.get_title(), "Network digits-6, 80 samples")
        lines = {line.get_label(): line for line in ax.lines}
        accuracy = self.results.accuracy
        self.assertEqual(list(lines["proved robust"].get_ydata()),
                         list(accuracy.lower))
        self.assertEqual(list(lines["not refuted"].get_ydata()),
                         list(accuracy.upper))
        own = self.results.plot_radii()
        heights = {}
        for bars in own.containers:
            heights[bars.get_label()] = sum(bar.get_height() for bar in bars)
        states = self.results.radii.state.value_counts()
        self.assertEqual(heights, {"maximum radius": states["closed"],
                                   "at the cap, or more": states["capped"],
                                   "at least": states["open"]})
        self.assertIs(self.results.plot_radii(own), own)
        own.figure.savefig("radii.png")
        self.assertGreater(os.path.getsize("radii.png"), 1000)

    def test_plots_of_nothing(self):
        self.ok("verify", *DIGITS, "--samples", "0", "--radius", "4", "-q",
                "-o", "one.h5")
        self.raises("one.h5: expected maximum radii, found none",
                    rampart.Results("one.h5").plot_radii, status=1)

    def test_matplotlib_waits_for_the_first_plot(self):
        done = subprocess.run(
            [sys.executable, "-c", "import rampart, sys\n"
             "rampart.Results('all.h5').accuracy\n"
             "sys.exit('matplotlib' in sys.modules)"])
        self.assertEqual(done.returncode, 0)

    def test_in_a_process_that_mpirun_has_started(self):
        """What such a process starts is no rank of that mpirun."""
        with unittest.mock.patch.dict(os.environ, {
                "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2",
                "PMIX_RANK": "1", "SLURM_PROCID": "1"}):
            self.assertEqual(len(rampart.Results("all.h5").radii), 60)
            again = rampart.run("all.yaml", output="all.h5")
            self.assertEqual(len(again.radii), 60)

    def test_errors_are_those_of_the_command_line(self):
        with open("all.h5", "rb") as file:
            content = bytearray(file.read())
        content[len(content) // 2] ^= 1
        with open("damaged.h5", "wb") as file:
            file.write(content)
        for name in ("nowhere.h5", NETWORK, "damaged.h5", "all.yaml", ""):
            self.raises_as(["show", "--json", name], rampart.Results, name)


class Run(Case):
    def setUp(self):
        super().setUp()
        self.put("some.yaml", JOB.replace("node_limit: 1, attack_moves: 0, "
                                          "dual_steps: 2, threads: 1",
                                          "time_limit: 60"))

    def test_ranks_give_the_tables_of_one(self):
        self.ok("run", "some.yaml", "-q", "-o", "one.h5")
        two = rampart.run("some.yaml", ranks=2, output="two.h5")
        self.assertEqual(two.attributes["ranks_started"], 2)
        for table in ("queries", "radii"):
            one, own = (self.rows("show", "--csv", "--table", table, file)
                        for file in ("one.h5", "two.h5"))
            for row in one + own:
                del row["seconds"]
            self.assertEqual(one, own)
            frame = getattr(two, table)
            for name in set(own[0]) - {"network", "lo", "hi"}:
                self.assertEqual(list(map(str, frame[name])),
                                 [row[name] for row in own])

    def test_several_networks(self):
        conv = os.path.join(os.path.dirname(NETWORK), "digits_conv.h5")
        self.put("three.yaml", f"""
networks:
  - {{file: {NETWORK}, name: dense}}
  - {{file: {conv}, name: conv}}
  - {{file: {NETWORK}, name: again}}
dataset: {{file: {DATASET}}}
verify: [{{samples: 0-9, radii: [1-2, 4/255]}}]
radius: {{samples: 0-4, cap: 3}}
output: three.h5
""")
        found = rampart.run_all("three.yaml", ranks=2)
        self.assertEqual(list(found), ["dense", "conv", "again"])
        # The command line's own run, not the files of the one above.
        self.ok("run", "three.yaml", "-q", "-o", "typed.h5")
        names = [f"typed.{name}.h5" for name in found]
        for table in ("queries", "radii"):
            own = self.rows("show", "--csv", "--table", table, *names)
            frame = rampart.join(found, table)
            self.assertEqual(len(frame), len(own))
            for name in set(own[0]) - {"seconds"}:
                self.assertEqual(list(map(str, frame[name])),
                                 [row[name] for row in own])
        accuracy = rampart.join(found, "accuracy")
        self.assertEqual(set(accuracy.network), set(found))
        one = rampart.run("three.yaml", name="conv")
        self.assertEqual(one.attributes["network"], "conv")
        self.raises("three.yaml: the job is about several networks; run_all "
                    "returns the results of all", rampart.run, "three.yaml")
        self.raises("table: expected one of queries, radii, ranks, accuracy, "
                    "found 'rows'", rampart.join, found, "rows")
        for wrong in ([], list(found.values()), None):
            self.raises("results: expected what run_all returns, results by "
                        f"names of networks, found {type(wrong).__name__}",
                        rampart.join, wrong)

    def test_every_class_as_a_target(self):
        self.ok("verify", *DIGITS, "--samples", "0-5", "--radius", "2,4,8",
                "--target", "all", "--node-limit", "1", "-q", "-o", "pairs.h5",
                status=3)
        self.ok("radius", *DIGITS, "--samples", "0-3", "--cap", "4",
                "--target", "all", "-q", "-o", "radii.h5")
        one = rampart.Results("pairs.h5")
        rows = self.rows("show", "--csv", "pairs.h5")
        for name in ("sample", "target", "label", "radius", "verdict"):
            self.assertEqual(list(map(str, one.queries[name])),
                             [row[name] for row in rows])
        own = rampart.Results("radii.h5").radii
        self.assertEqual(len(own), 4 * 9)
        for radius in (2, 8, None):
            table = one.pairs(radius)
            for label in table.index:
                for target in table.columns:
                    fooled = {row["sample"] for row in rows
                              if (row["label"], row["target"]) ==
                              (str(label), str(target))
                              and row["verdict"] == "violated"
                              and int(row["radius"]) <= (radius or 8)}
                    if label == target:
                        self.assertTrue(pd.isna(table.loc[label, target]))
                    else:
                        self.assertEqual(table.loc[label, target], len(fooled))
        self.assertEqual(one.accuracy.loc[4, ["certified", "undecided",
                                              "violated"]].sum(), 6 * 9)
        robust = sum(row["verdict"] == "robust" for row in rows
                     if row["radius"] == "8")
        self.assertEqual(one.certified_accuracy(8).lower, robust / 54)
        self.ok("radius", *DIGITS, "--samples", "0", "--cap", "2", "-q", "-o",
                "plain.h5")
        self.raises("plain.h5: expected results about each class (targets: "
                    "all)", rampart.Results("plain.h5").pairs)

    def test_the_job_names_the_output(self):
        results = rampart.run("some.yaml")
        self.assertEqual(results.file, "all.h5")
        self.assertTrue(os.path.exists("all.h5"))
        again = rampart.run("some.yaml", fresh=True)
        pd.testing.assert_frame_equal(again.radii.drop(
            columns=["seconds", "cpu_seconds"]), results.radii.drop(
            columns=["seconds", "cpu_seconds"]))

    def test_shards_have_files_of_their_own(self):
        shards = [rampart.run("some.yaml", shard=f"{i}/2") for i in (1, 2)]
        self.assertEqual([shard.file for shard in shards],
                         ["all.1-of-2.h5", "all.2-of-2.h5"])
        samples = [set(shard.radii["sample"]) for shard in shards]
        self.assertFalse(samples[0] & samples[1])
        self.assertEqual(samples[0] | samples[1], set(range(40, 100)))

    def test_errors_are_those_of_the_command_line(self):
        self.put("bad.yaml", "network: {}\ncolour: red\n")
        for name in ("nowhere.yaml", "bad.yaml", NETWORK):
            self.raises_as(["run", name, "-o", "o.h5"], rampart.run, name)
            self.raises_as(["run", name, "-o", "o.h5"], rampart.run, name,
                           output="o.h5")
        self.raises_as(["run", "some.yaml", "--time-limit", "0"], rampart.run,
                       "some.yaml", time_limit=0)
        self.raises_as(["run", "some.yaml", "--colour", "1"], rampart.run,
                       "some.yaml", colour=1)
        done = command_line("run", "some.yaml", "--time-limit", "0")
        self.raises(done.stderr[len("rampart: "):].rstrip("\n"), rampart.run,
                    "some.yaml", ranks=2, time_limit=0)
        self.raises("ranks: expected a whole number from 1, found 0",
                    rampart.run, "some.yaml", ranks=0)
        self.put("quiet.yaml", JOB.replace("output: all.h5", ""))
        self.raises("quiet.yaml: the job names no output; give one",
                    rampart.run, "quiet.yaml")

    def test_a_contradiction_with_known_answers(self):
        self.put("known.csv", "sample,maximum_radius\n40,200\n")
        self.put("known.yaml", JOB.replace("options:", "known: known.csv\n"
                                                       "options:"))
        with self.assertRaises(rampart.Error) as raised:
            rampart.run("known.yaml")
        self.assertEqual(raised.exception.status, 1)
        self.assertIn("contradict", str(raised.exception))

    def test_ctrl_c_keeps_what_is_decided(self):
        """Whenever it comes, the same call continues and ends as if nothing
        had happened."""
        self.put("long.yaml", JOB.replace("20-49", "0-999"))
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", textwrap.dedent("""
                import rampart
                print("running", flush=True)
                try:
                    rampart.run("long.yaml", ranks=2, output="long.h5")
                    print("complete")
                except KeyboardInterrupt:
                    print("interrupted")
             """)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self.assertEqual(process.stdout.readline(), "running\n")
        while process.poll() is None and not os.path.exists("long.h5.status"):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertIn(out, ("interrupted\n", "complete\n"), err)
        results = rampart.run("long.yaml", ranks=2, output="long.h5")
        self.assertEqual(len(results.queries), 3000)
        self.assertNotIn("interrupted", set(results.queries.reason))


if __name__ == "__main__":
    unittest.main()
