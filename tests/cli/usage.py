#!/usr/bin/python3
"""Help, and what is said to a wrong command line."""

import unittest

from cli import COMMANDS, DECIDING, DIGITS, Case

VERIFY = ["verify", *DIGITS, "--radius", "1"]


class Help(Case):
    def test_every_command_explains_itself(self):
        for command in COMMANDS:
            text = self.ok(command, "--help")
            for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS",
                            "EXIT STATUS", "EXAMPLES"]:
                self.assertIn(f"\n{heading}\n", "\n" + text)
            self.assertTrue(text.startswith(f"NAME\n    rampart {command} - "))
            self.assertEqual(text, self.ok("help", command))
            self.assertEqual(text, self.ok(command, "-h"))

    def test_pages_fit_a_terminal(self):
        pages = [["--help"]] + [[c, "--help"] for c in COMMANDS]
        for page in pages:
            for line in self.ok(*page).splitlines():
                self.assertLessEqual(len(line), 80, line)
                self.assertEqual(line, line.rstrip())

    def test_the_overview_lists_every_command(self):
        text = self.ok("--help")
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", text)
        self.assertEqual(text, self.ok("help"))
        self.assertEqual(text, self.ok("-h"))

    def test_engine_options_come_with_unit_range_and_default(self):
        for command in DECIDING:
            words = " ".join(self.ok(command, "--help").split())
            self.assertIn("--time-limit X wall time for one query; 0.001 to "
                          "1000000000 s (3600)", words)
            self.assertIn("--engine NAME", words)
            self.assertIn("--seed N", words)

    def test_help_goes_before_what_is_missing(self):
        self.assertIn("NAME", self.ok("verify", "--radius", "0", "--help"))

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"\Arampart \d+\.\d+\.\d+\n\Z")


class Refusals(Case):
    def test_commands(self):
        self.refused(says="no command given")
        self.refused("verfy", says="did you mean 'verify'?")
        self.refused("zebra", says="expected run, job, verify, radius")
        self.refused("--verify", says="did you mean 'verify'?")
        self.refused("", says="no command given")

    def test_options(self):
        for wrong, says in [
            (["--radious", "1"], "did you mean '--radius'?"),
            (["--time_limit", "1"], "did you mean '--time-limit'?"),
            (["--xyzzy"], "unknown option '--xyzzy'; see 'rampart verify"),
            (["-z"], "unknown option '-z'"),
            (["--known"], "option '--known' needs a value"),
            (["-o"], "option '-o' needs a value"),
            (["--csv=yes"], "takes no value"),
            (["--n", "x"], "short for more than one option"),
            (["more"], "unexpected argument 'more'"),
            (["--", "--csv"], "unexpected argument '--csv'"),
        ]:
            self.refused(*VERIFY, *wrong, says=says)

    def test_values(self):
        for wrong, says in [
            (["--radius", "0"], "--radius: expected radii from 1 to 255"),
            (["--radius", "4096"], "found '4096'"),
            (["--radius", "256"], "radius 256: expected at most 255, as"),
            (["--radius", "1-"], "found '1-'"),
            (["--radius", "4-1"], "found '4-1'"),
            (["--radius", "1,,2"], "found '1,,2'"),
            (["--radius", ""], "found ''"),
            (["--samples", "9-1"], "--samples: expected all, or numbers"),
            (["--samples", "x"], "found 'x'"),
            (["--time-limit", "-1"], "--time-limit: expected a number"),
            (["--time-limit", "nan"], "found 'nan'"),
            (["--time-limit", ""], "found ''"),
            (["--threads", "1.5"], "--threads: expected a whole number"),
            (["--seed", "99999999999999999999"], "--seed: expected"),
            (["--engine", "gurobi"], "--engine: expected hull, onehot or compact"),
            (["--rows", "few"], "--rows: expected a whole number, or all"),
            (["--table", "x"], "expected queries, radii, ranks or timeline, found 'x'"),
            (["--bits", "17"], "--bits: expected a whole number from 2 to 16"),
            (["--input-bits", "0"], "--input-bits: expected"),
            (["--format", "caffe"],
             "expected auto, native, qvip, tflite or onnx"),
            (["--dataset-format", "png"],
             "expected auto, idx, hdf5, csv, npy or npz"),
        ]:
            self.refused(*VERIFY, *wrong, says=says)
        self.refused("radius", *DIGITS, "--cap", "4096",
                     says="--cap: expected a radius from 1 to 255")

    def test_what_is_missing_is_named(self):
        self.refused("verify", says="missing option --network")
        self.refused("verify", *DIGITS, says="missing option --radius")
        self.refused("radius", "--network", "n",
                     says="missing option --dataset")
        self.refused("import", "--network", "n", says="missing option --output")
        self.refused("run", says="usage: rampart run [OPTION]... JOB")
        self.refused("show", says="usage: rampart show [OPTION]... RESULTS...")
        self.refused("info", says="usage: rampart info [OPTION]... FILE")
        self.refused("run", "a", "b", says="unexpected argument 'b'")

    def test_options_belong_to_their_commands(self):
        self.refused("show", "--seed", "1", "x", says="unknown option")
        self.refused("run", "--samples", "1", "x", says="unknown option")
        self.refused("predict", "--time-limit", "1", says="unknown option")


class Ranks(Case):
    """Under a launcher one process speaks."""

    def test_others_are_silent(self):
        for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"]:
            for words in [["--help"], ["--version"], ["info", DIGITS[1]],
                          ["verify", "--help"], ["predict", *DIGITS]]:
                done = self.run_rampart(*words, **{name: "1"})
                self.assertEqual(
                    (done.returncode, done.stdout, done.stderr), (0, "", ""))
            for words in [["verfy"], ["verify", "--radious"], []]:
                done = self.run_rampart(*words, **{name: "1"})
                self.assertEqual(
                    (done.returncode, done.stdout, done.stderr), (2, "", ""))


if __name__ == "__main__":
    unittest.main()
