#!/usr/bin/python3
"""A group of processes that the kernel gives only so much memory, for tests in
which it really kills one of them for that. Needs root and a memory controller,
of version 1 or 2.

    memory_cgroup.py make MIB     makes one, prints its folder; status 77, with one
                                  line on standard error, where there can be none
    memory_cgroup.py enter FOLDER RANK COMMAND...   runs a command, which the kernel
                                  kills first; in it, unless it is another rank
    memory_cgroup.py fill FOLDER RESULTS RANK   waits until that rank works on
                                  something, stops it, takes the memory until the
                                  kernel has killed it, then lets go of it
    memory_cgroup.py remove FOLDER   with the processes that are left in it
"""

import os
import signal
import sys
import tempfile
import time

TOPS = {"/sys/fs/cgroup/memory": ("memory.limit_in_bytes", "memory.swappiness",
                                  "memory.oom_control"),
        "/sys/fs/cgroup": ("memory.max", "memory.swap.max", "memory.events")}
MIB = 1 << 20
PLACE = 4 + 32 * 32 + 4  # bytes of a rank in RESULTS.running; first, how many tasks


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(str(text))


def files_of(folder):
    return TOPS[os.path.dirname(folder)]


def make(mib):
    why = "no memory controller"
    for top, (limit, swap, events) in TOPS.items():
        folder = None
        try:
            folder = tempfile.mkdtemp(prefix="rampart-test-", dir=top)
            write(folder, limit, int(mib) * MIB)
            count_kills(folder)
        except (OSError, StopIteration) as error:
            why = str(error) or f"no {events} that counts kills"
            if folder:
                os.rmdir(folder)
            continue
        try:
            write(folder, swap, 0)
        except OSError:
            pass  # there is no swap to forbid
        print(folder)
        return 0
    print(f"skipped: a group with limited memory needs root and its controller: {why}",
          file=sys.stderr)
    return 77


def enter(folder, rank, *command):
    own = os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("SLURM_PROCID", rank))
    if own == rank:
        write("/proc/self", "oom_score_adj", 1000)
        write(folder, "cgroup.procs", os.getpid())
    os.execvp(command[0], command)


def count_kills(folder):
    with open(os.path.join(folder, files_of(folder)[2])) as file:
        return int(next(line for line in file if line.startswith("oom_kill ")).split()[1])


def is_working(results, rank):
    """Whether a run notes that it works on something (src/run/running.c)."""
    try:
        with open(results + ".running", "rb") as file:
            file.seek(int(rank) * PLACE)
            return any(file.read(4))
    except FileNotFoundError:
        return False


def list_processes(folder):
    with open(os.path.join(folder, "cgroup.procs")) as file:
        return [int(line) for line in file]


def fill(folder, results, rank):
    until = time.monotonic() + 60
    while not is_working(results, rank):
        if time.monotonic() > until:
            sys.exit(f"{results}: rank {rank} works on nothing")
        time.sleep(0.02)
    # Its work must not end before the memory does, however slow this machine is.
    stopped = list_processes(folder)
    for pid in stopped:
        send(pid, signal.SIGSTOP)
    if not is_working(results, rank):
        sys.exit(f"{results}: rank {rank} has ended its work already")
    before = count_kills(folder)
    child = os.fork()
    if child == 0:
        write(folder, "cgroup.procs", os.getpid())
        taken = []
        while True:  # by small steps
            taken.append(b"x" * MIB)
    while count_kills(folder) == before:
        time.sleep(0.001)
    send(child, signal.SIGKILL)  # unless the kernel killed it, too
    os.waitpid(child, 0)
    for pid in stopped:  # whatever is left
        send(pid, signal.SIGCONT)
    return 0


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it has just ended


def remove(folder):
    for _ in range(100):
        left = list_processes(folder)
        if not left:
            break
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.05)
    os.rmdir(folder)
    return 0


def main():
    what, *rest = sys.argv[1:]
    return {"make": make, "enter": enter, "fill": fill, "remove": remove}[what](*rest)


if __name__ == "__main__":
    sys.exit(main())
