#!/usr/bin/python3
"""Make broken copies of a results file, each broken in one way.

usage: results_broken.py FILE FOLDER

FILE needs rows in every table. Copies named bad_* must be refused with one
line, copies named good_* are what honest tools leave behind, or older versions, and must be read.
"""

import shutil
import sys

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"results_broken: skipped: {missing}")
    sys.exit(77)


def replace(file, path, rows, **how):
    """Put another dataset in the place of one, attributes kept."""
    attributes = dict(file[path].attrs)
    del file[path]
    dataset = file.create_dataset(path, data=rows, **how)
    for name, value in attributes.items():
        dataset.attrs[name] = value


def set_cell(path, column, value):
    def change(file):
        rows = file[path][:]
        rows[column][0] = value
        file[path][:] = rows

    return change


def retype(path, column, kind, filling=0):
    def change(file):
        rows = file[path][:]
        types = [
            (name, kind if name == column else rows.dtype[name])
            for name in rows.dtype.names
        ]
        other = np.zeros(len(rows), types)
        other[column] = filling
        for name in rows.dtype.names:
            if name != column:
                other[name] = rows[name]
        replace(file, path, other)

    return change


def without_column(path, column):
    def change(file):
        rows = file[path][:]
        kept = [name for name in rows.dtype.names if name != column]
        replace(file, path, rows[kept].astype(
            [(name, rows.dtype[name]) for name in kept]))

    return change


def with_column(path):
    def change(file):
        rows = file[path][:]
        types = [("note", h5py.string_dtype())]
        types += [(name, rows.dtype[name]) for name in rows.dtype.names]
        other = np.zeros(len(rows), types)
        other["note"] = "mine"
        for name in rows.dtype.names:
            other[name] = rows[name]
        replace(file, path, other, chunks=True, compression="gzip")

    return change


def attribute(name, value):
    def change(file):
        file.attrs[name] = value

    return change


def without_attribute(name):
    def change(file):
        del file.attrs[name]

    return change


def old(*missing):
    """As version 1 left it."""
    def change(file):
        file.attrs["format_version"] = 1
        for name in missing:
            del (file if name.startswith("/") else file.attrs)[name]

    return change


def without(path):
    def change(file):
        del file[path]

    return change


def claimed_length(path, length):
    def change(file):
        file[path].resize(length, axis=0)

    return change


def reshaped(path, rows):
    return lambda file: replace(file, path, rows)


def group_instead(path):
    def change(file):
        del file[path]
        file.create_group(path)

    return change


def soft_link(path, target):
    def change(file):
        del file[path]
        file[path] = h5py.SoftLink(target)

    return change


def short_timing(file):
    replace(file, "/timing/queries", file["/timing/queries"][1:])


def great_chunks(file):
    rows = file["/queries"][:]
    replace(file, "/queries", rows, maxshape=(None,), chunks=(1 << 22,),
            compression="gzip", compression_opts=1)


def counterexamples_as(kind):
    return lambda file: replace(
        file, "/counterexamples", file["/counterexamples"][:].astype(kind))


def narrower(file):
    replace(file, "/counterexamples", file["/counterexamples"][:, 1:])


BAD = {
    "no_format": without_attribute("format"),
    "other_format": attribute("format", "rampart-network"),
    "future": attribute("format_version", 1000),
    "version_text": attribute("format_version", "one"),
    "no_title": without_attribute("title"),
    "title_number": attribute("title", 5),
    "title_list": attribute("title", ["a", "b"]),
    "title_long": attribute("title", "x" * 5000),
    "title_escape": attribute("title", np.bytes_("\x1b[2J")),
    "network_empty_type": attribute("network", h5py.Empty("S4")),
    "ranks_negative": attribute("ranks", -1),
    "n_in_other": attribute("n_in", 3),
    "n_in_great": attribute("n_in", 1 << 40),
    "input_max": attribute("input_max", 256),
    "option_range": attribute("option_time_limit", -5.0),
    "option_nan": attribute("option_time_limit", float("nan")),
    "option_text": attribute("option_seed", "one"),
    "no_queries": without("/queries"),
    "no_timing": without("/timing"),
    "no_ranks": without("/ranks"),
    "timeline_verdict": set_cell("/timeline", "verdict", b"perhaps"),
    "timeline_radius": set_cell("/timeline", "radius", 4096),
    "timeline_begin": set_cell("/timeline", "begin_s", -1),
    "timeline_piece": without_column("/timeline", "piece"),
    "timeline_long": claimed_length("/timeline", 1 << 33),
    "no_counterexamples": without("/counterexamples"),
    "queries_group": group_instead("/queries"),
    "queries_numbers": reshaped("/queries", np.arange(4)),
    "queries_2d": lambda f: replace(f, "/queries", f["/queries"][:][:, None]),
    "queries_scalar": lambda f: replace(f, "/queries", f["/queries"][0]),
    "queries_soft": soft_link("/queries", "/nowhere"),
    "queries_loop": soft_link("/queries", "/queries"),
    "queries_other": soft_link("/queries", "/ranks"),
    "queries_long": claimed_length("/queries", 1 << 40),
    "queries_longer": claimed_length("/queries", 1 << 62),
    "ranks_long": claimed_length("/ranks", 1 << 33),
    "queries_one_more": lambda f: f["/queries"].resize(
        len(f["/queries"]) + 1, axis=0),
    "queries_chunks": great_chunks,
    "timing_short": short_timing,
    "timing_other": set_cell("/timing/queries", "sample", 77),
    "timing_nan": set_cell("/timing/queries", "seconds", float("nan")),
    "timing_infinite": set_cell("/timing/radii", "seconds", float("inf")),
    "timing_negative": set_cell("/timing/queries", "cpu_seconds", -1),
    "sample_negative": set_cell("/queries", "sample", -1),
    "radius_great": set_cell("/queries", "radius", 256),
    "verdict_other": set_cell("/queries", "verdict", b"perhaps"),
    "verdict_empty": set_cell("/queries", "verdict", b""),
    "verdict_full": set_cell("/queries", "verdict", b"robustrobustrobu"),
    "reason_verdict": set_cell("/queries", "reason", b"robust"),
    "evidence_case": set_cell("/queries", "evidence", b"Tree"),
    "index_great": set_cell("/queries", "counterexample", 1000),
    "index_negative": set_cell("/queries", "counterexample", -2),
    "index_radius": set_cell("/radii", "counterexample", 1 << 40),
    "radius_crossed": set_cell("/radii", "lo", 200),
    "radius_hi": set_cell("/radii", "hi", 300),
    "no_column": without_column("/queries", "verdict"),
    "column_float": retype("/queries", "sample", "f8"),
    "column_vlen": retype("/queries", "verdict", h5py.string_dtype(),
                          "robust"),
    "column_wide": retype("/queries", "verdict", "S500", b"robust"),
    "column_array": retype("/queries", "radius", ("i4", (3,))),
    "column_int": retype("/queries", "verdict", "i1"),
    "seconds_int": retype("/timing/queries", "seconds", "i8"),
    "inputs_wide": counterexamples_as("i4"),
    "inputs_float": counterexamples_as("f4"),
    "inputs_signed": counterexamples_as("i1"),
    "inputs_narrow": narrower,
    "inputs_value": attribute("input_max", 1),
    "inputs_long": claimed_length("/counterexamples", 1 << 40),
    "inputs_none": lambda f: f["/counterexamples"].resize(0, axis=0),
    "more": lambda f: f.create_dataset("mine/frame", data=np.arange(5)),
    "column": with_column("/queries"),
    "no_counter": without_column("/timing/queries", "lp_ns"),
    "no_option": without_attribute("option_dual_steps"),
    "no_timeline": without("/timeline"),
    "unknown_attribute": attribute("unit", "mm"),
    "unknown_option": attribute("option_unit", 1),
    "unknown_word": attribute("evidence", "some"),
    "other_rule": attribute("rounding_rule", "R1"),
    "no_cap": attribute("radius_cap", 0),
    "cap_great": attribute("radius_cap", 256),
    "twice": lambda f: replace(
        f, "/radii", np.repeat(f["/radii"][:1], len(f["/radii"]))),
    "descending": lambda f: replace(
        f, "/queries", f["/queries"][:][::-1]),
}

GOOD = {
    "as_it_is": lambda f: None,
    "note": attribute("comment", "read and annotated"),
    "contiguous": lambda f: replace(f, "/queries", f["/queries"][:]),
    "text_vlen": attribute("title", "a title of variable length"),
    "old": old("/timeline", "dataset_values", "questions", "evidence", "option_dual_steps"),
    "engine": attribute("engine", "another"),
}


def main(source, folder):
    for prefix, changes in (("bad", BAD), ("good", GOOD)):
        for name, change in changes.items():
            copy = f"{folder}/{prefix}_{name}.h5"
            shutil.copyfile(source, copy)
            with h5py.File(copy, "r+") as file:
                change(file)


main(*sys.argv[1:])
