"""Memory and time on large files: ``python benchmarks/memory.py [--megabytes 2000] [--format C3D] [--json FILE]``.

For every format that hipspine writes, a synthetic file of 16 channels at 2 kHz and of the wanted size is made. Then fresh processes open it
(which looks through all samples once and hashes the file), read one channel, and read everything as 8-byte numbers; given are the peak of
resident memory above that of the same work on a file of a second, as a share of the file, and the time. For Linux.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import hipspine.formats
from hipspine import plugins
from hipspine.errors import FormatError
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import Floats, Side, StreamKind

CHANNELS, RATE_HZ = 16, 2000.0
TASKS = ("open", "one channel", "everything")
PERIOD = 1_000_003  # samples after which the noise repeats
_WORK = """
import json, pathlib, re, sys, time
import numpy as np
import hipspine
start = time.perf_counter()
recording = hipspine.open_recording(sys.argv[1])
streams = recording.streams
if sys.argv[2] == "one channel":
    assert np.isfinite(streams[0].values[3]).all()
if sys.argv[2] == "everything":
    held = [np.asarray(stream.values) for stream in streams]
seconds = time.perf_counter() - start
peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])  # of this process alone
print(json.dumps([peak_kb * 1024, seconds]))
"""


def long_recording(seconds: float, *, markers: bool) -> Recording:
    """Noise that repeats after some minutes, made when it is asked for; positions instead of EMG for formats that hold nothing else."""
    noise = np.random.default_rng(1).normal(size=PERIOD) * (0.01 if markers else 1e-4)

    def read(rows: Rows, start: int, stop: int) -> Floats:
        places = np.arange(start, stop)
        return np.array([noise[(places + 7919 * row) % PERIOD] for row in rows])

    if markers:
        channels = tuple(Channel(f"M{i}.{axis}", unit="m") for i in range(5) for axis in "xyz")
        kind, rate_hz = StreamKind.MARKER, 200.0
    else:
        channels = tuple(Channel(f"GMAX_{i}", "gluteus_maximus", Side.LEFT, unit="V") for i in range(CHANNELS))
        kind, rate_hz = StreamKind.EMG, RATE_HZ
    values = Lazy((len(channels), round(seconds * rate_hz)), read)
    return Recording("long", "made here", (Stream(kind, rate_hz, 0.0, channels, values),), about={"simulated": "yes"})


def made(writer: Writer, megabytes: float, folder: Path) -> tuple[Path, Path]:
    """A file of one second and one of the wanted size."""
    small, large = (folder / f"{name}{writer.suffixes[0]}" for name in ("small", "large"))
    markers = False
    try:
        _write(writer, long_recording(1.0, markers=False), small)
    except FormatError:
        markers = True
        _write(writer, long_recording(1.0, markers=True), small)
    probe = folder / f"probe{writer.suffixes[0]}"
    _write(writer, long_recording(21.0, markers=markers), probe)
    per_second = (probe.stat().st_size - small.stat().st_size) / 20
    _write(writer, long_recording(megabytes * 1e6 / per_second, markers=markers), large)
    return small, large


def _write(writer: Writer, recording: Recording, path: Path) -> None:
    with path.open("wb") as file:
        writer.write(recording, file, path.name)


def measured(path: Path, task: str) -> tuple[float, float]:
    """Peak memory [bytes] and time [s] of one task in a fresh process."""
    ran = subprocess.run([sys.executable, "-c", _WORK, str(path), task], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{path.name}, {task}: {ran.stderr.strip().splitlines()[-1]}")
    peak, seconds = json.loads(ran.stdout)
    return peak, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=2000)
    parser.add_argument("--format", action="append", help="only this one, by the name of its reader; may be given again")
    parser.add_argument("--folder", type=Path, help="where the large files are made (and removed)")
    parser.add_argument("--most", type=float, default=4.0, help="fail when a peak is more than this many times the file and a constant")
    parser.add_argument("--constant-mb", type=float, default=64.0, help="that constant")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    writers: dict[str, Writer] = plugins.find(hipspine.formats, "WRITER", group="hipspine.writers")
    print(f"{'format':18} {'MB':>6} {'written s':>9}  " + "  ".join(f"{task + ': peak':>18} {'s':>6}" for task in TASKS), flush=True)
    table, too_much = {}, False
    for name in given.format or writers:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            start = time.perf_counter()
            small, large = made(writers[name], given.megabytes, Path(folder))
            written_s, size = time.perf_counter() - start, large.stat().st_size
            row: dict[str, float] = {"bytes": size, "written_s": written_s}
            text = f"{name:18} {size / 1e6:6.0f} {written_s:9.1f}  "
            for task in TASKS:
                constant, _ = measured(small, task)
                peak, seconds = measured(large, task)
                row |= {f"{task}: peak / file": (peak - constant) / size, f"{task}: s": seconds, "constant_bytes": constant}
                text += f"{(peak - constant) / size:14.2f} x    {seconds:6.1f}  "
                too_much |= peak - constant > given.most * size + given.constant_mb * 1e6
            print(text, flush=True)
            table[name] = row
    if given.json:
        given.json.write_text(json.dumps(table, indent=2) + "\n")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
