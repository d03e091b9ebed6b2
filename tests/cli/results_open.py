#!/usr/bin/python3
"""Open a results file the way its users do, and compare what they see.

usage: results_open.py FILE [OTHER]

Every table is read with h5py, PyTables and pandas.read_hdf; the three must
agree. h5dump must read the whole file. With OTHER, the verdict tables and
counterexamples of both files must be the same bytes.

Exit status: 0 all well, 1 a difference (told in one line), 77 a Python
package is missing.
"""

import os
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
    import pandas as pd
    import tables
except ImportError as missing:
    print(f"results_open: skipped: {missing}")
    sys.exit(77)

COLUMNS = {
    "/queries": "sample label radius verdict reason evidence distance "
    "counterexample",
    "/radii": "sample label lo hi verdict reason counterexample",
    "/timing/queries": "sample radius rank seconds cpu_seconds nodes lp_ns",
    "/timing/radii": "sample seconds cpu_seconds",
    "/ranks": "rank threads tasks busy_seconds cpu_seconds host nodes",
    "/timeline": "rank sample radius piece begin_s end_s verdict",
}
SAME_IN_EVERY_RUN = ["/queries", "/radii", "/counterexamples"]
ATTRIBUTES = (
    "title source history date_created Conventions format format_version "
    "rampart_version hdf5_version network network_file network_sha256 "
    "dataset_file dataset_sha256 dataset_values job_sha256 rounding_rule tie_rule engine "
    "ranks threads n_in input_max option_time_limit option_seed"
)
VERDICTS = {"unknown", "robust", "violated", "misclassified", "invalid"}


def fail(text):
    print(f"results_open: {text}")
    sys.exit(1)


def as_text(array):
    """Bytes as text; numbers as they are."""
    return np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array


def check_table(name, path, columns):
    with h5py.File(name, "r") as file:
        if path not in file:
            fail(f"{name}: no table {path}")
        rows = file[path][:]
    for column in columns.split():
        if column not in rows.dtype.names:
            fail(f"{name}: {path}: no column {column}")
    with tables.open_file(name, "r") as file:
        node = file.get_node(path)
        if not isinstance(node, tables.Table):
            fail(f"{name}: {path}: PyTables sees {type(node).__name__}")
        if list(node.colnames) != list(rows.dtype.names):
            fail(f"{name}: {path}: PyTables sees other columns")
        if node[:].tobytes() != rows.tobytes():
            fail(f"{name}: {path}: PyTables reads other rows")
    frame = pd.read_hdf(name, path)
    if list(frame.columns) != list(rows.dtype.names):
        fail(f"{name}: {path}: pandas sees other columns")
    if len(frame) != len(rows):
        fail(f"{name}: {path}: pandas reads {len(frame)} of {len(rows)} rows")
    for column in rows.dtype.names:
        if list(frame[column]) != list(as_text(rows[column])):
            fail(f"{name}: {path}: pandas reads other values in {column}")
    return frame


def check_counterexamples(name, queries, radii):
    with h5py.File(name, "r") as file:
        inputs = file["/counterexamples"][:]
        n_in, input_max = file.attrs["n_in"], file.attrs["input_max"]
    with tables.open_file(name, "r") as file:
        if not np.array_equal(file.get_node("/counterexamples")[:], inputs):
            fail(f"{name}: PyTables reads other counterexamples")
    if inputs.dtype != np.uint8 or inputs.shape[1:] != (n_in,):
        fail(f"{name}: /counterexamples: {inputs.dtype} {inputs.shape}")
    if inputs.size and inputs.max() > input_max:
        fail(f"{name}: /counterexamples: an input above {input_max}")
    for frame in queries, radii:
        numbers = frame["counterexample"]
        if len(numbers) and not numbers.between(-1, len(inputs) - 1).all():
            fail(f"{name}: a counterexample that is not there")
    used = set(queries["counterexample"]) | set(radii["counterexample"])
    if used - {-1} != set(range(len(inputs))):
        fail(f"{name}: a counterexample that no row names")


def check_relations(name, frames):
    queries, radii = frames["/queries"], frames["/radii"]
    for verdict in set(queries["verdict"]) | set(radii["verdict"]):
        if verdict not in VERDICTS:
            fail(f"{name}: verdict {verdict!r}")
    keys = ["sample", "radius"]
    if not queries[keys].equals(frames["/timing/queries"][keys]):
        fail(f"{name}: /timing/queries has other rows than /queries")
    if not radii["sample"].equals(frames["/timing/radii"]["sample"]):
        fail(f"{name}: /timing/radii has other rows than /radii")
    if list(map(tuple, queries[keys].values)) != sorted(
        map(tuple, queries[keys].values)
    ):
        fail(f"{name}: /queries is not sorted")
    if (radii["lo"] > radii["hi"]).any():
        fail(f"{name}: /radii: lo above hi")
    timeline = frames["/timeline"]
    if (timeline["begin_s"] > timeline["end_s"]).any():
        fail(f"{name}: /timeline: a task that ends before it begins")
    if not timeline["begin_s"].is_monotonic_increasing:
        fail(f"{name}: /timeline is not sorted")


def check_attributes(name):
    with h5py.File(name, "r") as file:
        for attribute in ATTRIBUTES.split():
            if attribute not in file.attrs:
                fail(f"{name}: no attribute {attribute}")
        if file.attrs["format"] != b"rampart-results":
            fail(f"{name}: format is {file.attrs['format']!r}")


def check_h5dump(name):
    if not shutil.which("h5dump"):
        fail("h5dump is not installed")
    done = subprocess.run(["h5dump", name], capture_output=True, text=True)
    if done.returncode != 0 or "error" in done.stderr.lower():
        fail(f"{name}: h5dump: {done.stderr.strip()[:200]}")


def check_file(name):
    if not os.path.isfile(name):
        fail(f"{name}: no such file")
    frames = {
        path: check_table(name, path, columns)
        for path, columns in COLUMNS.items()
    }
    check_relations(name, frames)
    check_counterexamples(name, frames["/queries"], frames["/radii"])
    check_attributes(name)
    check_h5dump(name)
    rows = ", ".join(f"{len(frame)} {path}" for path, frame in frames.items())
    print(f"results_open: {name}: {rows}")


def check_same(name, other):
    with h5py.File(name, "r") as a, h5py.File(other, "r") as b:
        for path in SAME_IN_EVERY_RUN:
            if a[path].dtype != b[path].dtype:
                fail(f"{path} has another type in {other}")
            if a[path].shape != b[path].shape:
                fail(f"{path} has another size in {other}")
            if a[path][:].tobytes() != b[path][:].tobytes():
                fail(f"{path} differs between {name} and {other}")


def main(arguments):
    if len(arguments) not in (1, 2):
        fail("usage: results_open.py FILE [OTHER]")
    for name in arguments:
        check_file(name)
    if len(arguments) == 2:
        check_same(*arguments)


main(sys.argv[1:])
