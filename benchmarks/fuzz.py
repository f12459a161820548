"""Damaged files by the thousand: ``python benchmarks/fuzz.py [--inputs 10000] [--format EDF] [--corpus DIR] [--resume FILE]``.

Each input is opened, looked at, read whole and anonymised in a child process with little memory. Counted are recordings, refusals in one
sentence, and faults: a crash of the process, more than ``--seconds`` for one input, more memory than the limit, another exception than
FormatError, a message of more than one line, a recording without streams. Inputs that set off a fault are kept in ``build/fuzz``.
"""

import argparse
import faulthandler
import io
import json
import multiprocessing as mp
import os
import resource
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_inputs import damaged, examples, readers

from hipspine.errors import FormatError
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.workflows.reading import describe

ROOM_BYTES = 512 << 20  # address space above that of the process with all libraries loaded
CHUNK = 2000  # inputs of one child process
APART = {"HDF5": 50, "MATLAB 7.3": 50}  # one input in so many is anonymised: each starts a process of its own
SHOWN = 5  # faults of such a process that are kept and shown
REAL_SHARE = 0.1  # of inputs that are damaged real files, where there are any


class Hang(BaseException):
    """An input took too long; no reader catches this."""


def outcome(reader: Reader, data: bytes) -> str:
    """``recording``, ``refused``, or what was wrong with the way in which the reader took this input."""
    try:
        recording = reader.recording(Source(Path("damaged.bin"), data))
        if not recording.streams:
            return "a recording without streams"
        json.dumps(describe(recording), allow_nan=False)
        for stream in recording.streams:
            np.asarray(stream.values)
        if reader.anonymise is not None and (reader.name not in APART or len(data) % APART[reader.name] == 0):
            reader.anonymised(Source(Path("damaged.bin"), data), io.BytesIO())
        return "recording"
    except FormatError as error:
        said = str(error)
        if "too large for the memory" in said:
            return "memory was taken on the word of a damaged file"
        tidy = "damaged.bin" in said and len(said) < 400 and said.isprintable()
        return "refused" if tidy else f"untidy message: {said[:200]!r}"
    except Hang:
        return "hang"
    except MemoryError:
        return "memory"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def _alarm(*_: Any) -> None:
    raise Hang


def _confine() -> None:
    """A ceiling for memory, an alarm for Python, silence for libraries that print."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        room = int(statm.read_text().split()[0]) * resource.getpagesize() + ROOM_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, _alarm)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    faulthandler.disable()
    warnings.simplefilter("ignore")


def _child(
    reader: Reader,
    sound: bytes,
    make: Callable[[int], bytes],
    first: int,
    last: int,
    seconds: int,
    at: "Synchronized[int]",
    results: "Connection",
) -> None:
    found: Counter[str] = Counter()
    faults: list[tuple[int, str]] = []
    outcome(reader, sound)  # loads the libraries and starts their engines and threads: what these take is not the inputs' doing
    _confine()
    for number in range(first, last):
        at.value = number
        data = make(number)
        signal.alarm(seconds)
        try:
            said = outcome(reader, data)
        except Hang:
            said = "hang"
        signal.alarm(0)
        found[said if said in ("recording", "refused") else "fault"] += 1
        if said not in ("recording", "refused"):
            faults.append((number, said))
    results.send((dict(found), faults))


def run(
    reader: Reader, sound: bytes, make: Callable[[int], bytes], first: int, last: int, *, seconds: int
) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Counts and faults of inputs ``first`` to ``last``, after one that is ``sound``.

    A child process that dies is replaced and its input counted as a crash.
    """
    context = mp.get_context("fork")
    counts: Counter[str] = Counter()
    faults: list[tuple[int, str]] = []
    while first < last:
        at = context.Value("l", first)
        results, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(reader, sound, make, first, last, seconds, at, theirs), daemon=True)
        process.start()
        theirs.close()
        said, where = _watched(process, at, results, seconds)
        if said is None:
            faults.append((where, f"the process died (exit code {process.exitcode})" if process.exitcode else "hang outside Python"))
            counts["fault"] += 1
            again, more = run(reader, sound, make, first, where, seconds=seconds)  # what this child had done before is not known any more
            counts += again
            faults += more
            first = where + 1
            continue
        counts.update(said[0])
        faults += said[1]
        first = last
    return counts, faults


def _watched(process: Any, at: Any, results: "Connection", seconds: int) -> tuple[Any, int]:
    """The child's results, or None with the input at which it died or stopped."""
    seen, since = at.value, time.monotonic()
    while True:
        if results.poll(0.05):  # true also when the other end was closed by the child's death
            try:
                said = results.recv()
            except EOFError:
                said = None
            process.join()
            return said, at.value
        if at.value != seen:
            seen, since = at.value, time.monotonic()
        elif time.monotonic() - since > 3 * seconds:
            process.kill()
            process.join()
            return None, seen


def maker(bases: list[bytes], real: list[bytes], others: list[bytes], seed: int) -> Callable[[int], bytes]:
    """Input by number: every tenth is a damaged real file where there is one."""

    def make(number: int) -> bytes:
        chosen = real if real and number % round(1 / REAL_SHARE) == 0 else bases or real
        return damaged(chosen, others, seed, number)

    return make


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="of each format")
    parser.add_argument("--format", action="append", help="only this reader; may be given again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=5, help="longest time for one input")
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parents[2] / "shared" / "data", help="real files to damage too")
    parser.add_argument("--resume", type=Path, help="keep what is done in this file, and go on from there")
    parser.add_argument("--json", type=Path, help="write the table here too")
    given = parser.parse_args()
    made = examples(given.corpus)
    wanted = given.format or list(made)
    others = [data for bases, real in made.values() for data in [*bases, *real]]
    table = _resumed(given.resume, given.seed)
    faulty = False
    print(f"{'format':18} {'inputs':>9} {'opened':>9} {'refused':>9} {'faults':>7} {'ms each':>8}  damaged from", flush=True)
    for name in wanted:
        bases, real = made[name]
        if not bases and not real:
            print(f"{name}: no writer and no real file to begin with; give --corpus", file=sys.stderr)
            return 2
        row = table.setdefault(name, {"inputs": 0, "recording": 0, "refused": 0, "fault": 0, "seconds": 0.0})
        make = maker(bases, real, others, given.seed)
        while row["inputs"] < given.inputs:
            _step(name, (bases or real)[0], make, row, given)
        faulty |= row["fault"] > 0
        each = 1e3 * row["seconds"] / max(row["inputs"], 1)
        base = f"{len(bases)} written, {len(real)} real"
        print(f"{name:18} {row['inputs']:9} {row['recording']:9} {row['refused']:9} {row['fault']:7} {each:8.2f}  {base}", flush=True)
    if given.json:
        given.json.write_text(json.dumps({"seed": given.seed, "formats": table}, indent=2) + "\n")
    return 1 if faulty else 0


def _step(name: str, sound: bytes, make: Callable[[int], bytes], row: dict[str, Any], given: argparse.Namespace) -> None:
    first = row["inputs"]
    last = min(given.inputs, first + CHUNK)
    start = time.perf_counter()
    counts, faults = run(readers()[name], sound, make, first, last, seconds=given.seconds)
    row["seconds"] += time.perf_counter() - start
    row["inputs"] = last
    for key in ("recording", "refused", "fault"):
        row[key] += counts[key]
    for number, said in faults[:SHOWN]:
        kept = Path("build/fuzz") / f"{name.replace(' ', '-')}-{given.seed}-{number}.bin"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(make(number))
        print(f"  fault in input {number}: {said[:300]} (kept as {kept})", flush=True)
    if given.resume:
        given.resume.parent.mkdir(parents=True, exist_ok=True)
        given.resume.write_text(json.dumps({"seed": given.seed, "formats": {**_resumed(given.resume, given.seed), name: row}}))
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name}: {last} of {given.inputs} ")


def _resumed(file: Path | None, seed: int) -> dict[str, dict[str, Any]]:
    if file is None or not file.exists():
        return {}
    kept = json.loads(file.read_text())
    formats: dict[str, dict[str, Any]] = kept["formats"] if kept["seed"] == seed else {}
    return formats


if __name__ == "__main__":
    sys.exit(main())
