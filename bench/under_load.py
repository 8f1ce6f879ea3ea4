"""A server under load, for bench/profile and bench/syscalls: `tutti-bench run` in the background, and the pid of the server
that it started once the load is steady."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

BENCH = Path(os.environ.get("TUTTI_BENCH") or Path(__file__).resolve().parent.parent / "build/release/tutti-bench")
# Joins and the generator's warm-up, before; what the tool takes to end, after.
MARGIN = 8


def fail(why):
    sys.exit(f"{Path(sys.argv[0]).name}: {why}")


def child_of(pid):
    """The server: the only child of the harness."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return None
    return int(children[0]) if children else None


def cpu_seconds(pid):
    """Of all threads, as user and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_steady(bench, deadline):
    """Two seconds in a row in which the server works alike are not joins any more."""
    before = None
    while time.monotonic() < deadline:
        if bench.poll() is not None:
            fail(f"tutti-bench ended with {bench.returncode}")
        pid = child_of(bench.pid)
        if pid is None:
            time.sleep(0.05)
            continue
        try:
            start = cpu_seconds(pid)
            time.sleep(1)
            used = cpu_seconds(pid) - start
        except FileNotFoundError:
            continue
        if before and used > 0.005 and abs(used - before) <= 0.15 * used + 0.02:
            return pid
        before = used
    fail("the load did not become steady")


@contextmanager
def server_under_load(arguments, seconds):
    """Yields the server's pid and a function that waits for the end of the run and returns its report."""
    if not BENCH.exists():
        fail(f"{BENCH} is not built: make test-build")
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        # A group of its own: Ctrl-C comes to us, and we end it.
        bench = subprocess.Popen(
            [BENCH, "run", *arguments, "--seconds", str(seconds + MARGIN), "--json", report],
            stdout=subprocess.DEVNULL, start_new_session=True)

        def finish():
            # 3: the generator was late, which being watched may do.
            if bench.wait() not in (0, 3):
                fail(f"tutti-bench ended with {bench.returncode}")
            return json.loads(report.read_text())["reports"][0]

        try:
            yield wait_until_steady(bench, time.monotonic() + 60), finish
        finally:
            if bench.poll() is None:
                bench.send_signal(signal.SIGTERM)
                bench.wait()
