"""C3D readers side by side: which opens what, over the recordings beside this checkout and over odd headers known from the wild.

    uv run python benchmarks/c3d_readers.py [--all]

Each file is opened by ezc3d and py-c3d in a process of its own with bounds on memory and time, and by hipspine. "same" compares the
samples of each reader: of an odd header with what its builder put in, of a recording with ours. Odd headers come from
``tests/test_formats_c3d_variants.py``. With ``--all`` every file gets its line, else only those where a reader fails.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.c3d.layout import parse
from hipspine.formats.source import Source

HERE = Path(__file__).parents[1]
DATA = HERE.parent / "shared" / "data"
MEMORY, SECONDS = 3_000_000_000, 10
Samples = dict[str, Any]  # points (frame, point, axis), analog (sample, channel)


def ezc3d_reads(path: str) -> Samples:
    import ezc3d

    file = ezc3d.c3d(path)
    analog = np.asarray(file["data"]["analogs"])[0].T
    return {"points": np.asarray(file["data"]["points"])[:3].transpose(2, 1, 0), "analog": analog}


def py_c3d_reads(path: str) -> Samples:
    import c3d

    with open(path, "rb") as handle:
        frames = list(c3d.Reader(handle).read_frames())
    points = np.array([np.where(p[:, 3:4] < 0, np.nan, p[:, :3]) for _, p, _ in frames])
    analog = np.concatenate([a for _, _, a in frames], axis=1).T if frames else np.empty((0, 0))
    return {"points": points, "analog": analog}


def ours_reads(path: str) -> Samples:
    content = parse(Source(Path(path)))
    rows, frames = content.points.shape
    points = np.asarray(content.points).reshape(rows // 3, 3, frames).transpose(2, 0, 1)
    return {"points": points, "analog": np.asarray(content.analog).T}


READERS: dict[str, Callable[[str], Samples]] = {"ezc3d": ezc3d_reads, "py-c3d": py_c3d_reads, "hipspine": ours_reads}


def _child(reader: str, path: str, out: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # one of the readers writes from C++
    os.dup2(1, 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.savez(out, **READERS[reader](path))
    except Exception as error:
        Path(out + ".txt").write_text(f"{type(error).__name__}: {error}"[:120])


def opened(reader: str, path: Path, folder: Path) -> Samples | str:
    """The samples, or why there are none."""
    out = folder / f"{reader}.npz"
    for old in (out, Path(f"{out}.txt")):
        old.unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(reader, str(path), str(out)))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        return f"no answer within {SECONDS} s"
    if not out.exists():
        why = Path(f"{out}.txt")
        return why.read_text() if why.exists() else f"the process ended with {process.exitcode}"
    with np.load(out) as file:
        return {key: file[key] for key in file.files}


def same(one: Samples, other: Samples) -> bool:
    """Whether two readers saw the same points and analog samples, as far as a reader keeps single precision."""
    return all(
        one[key].size == other[key].size == 0
        or (one[key].shape == other[key].shape and np.allclose(one[key], other[key], rtol=1e-5, atol=1e-6, equal_nan=True))
        for key in ("points", "analog")
    )


def variants() -> Any:
    """The module that builds odd headers."""
    spec = importlib.util.spec_from_file_location("c3d_variants", HERE / "tests" / "test_formats_c3d_variants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def compared() -> list[dict[str, Any]]:
    """One row for each file and variant: what each reader made of it."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.extend(_row(path.name, "recording", path, None, folder) for path in sorted(DATA.glob("**/*.[cC]3[dD]")))
        odd = variants()
        truth = {"points": odd.point_values(), "analog": odd.analog_values()}
        for title, (make, _) in odd.SAME.items():
            path = folder / "odd.c3d"
            path.write_bytes(make())
            rows.append(_row(title, "odd header", path, truth, folder))
    return rows


def _row(title: str, kind: str, path: Path, truth: Samples | None, folder: Path) -> dict[str, Any]:
    found = {reader: opened(reader, path, folder) for reader in READERS}
    ours = found["hipspine"]
    against = truth if truth is not None else ours
    row: dict[str, Any] = {"file": title, "kind": kind}
    for reader, samples in found.items():
        if isinstance(samples, str):
            row[reader], row[f"{reader}: why"] = "refused", samples
        else:
            row[reader] = "same" if isinstance(against, dict) and same(samples, against) else "other samples"
    try:
        row["warnings"] = list(parse(Source(path)).warnings)
    except FormatError as error:
        row["warnings"] = [str(error)]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="a line for every file")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    rows = compared()
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    width = max(len(row["file"]) for row in rows)
    print(f"{'file':{width}}  " + "  ".join(f"{reader:13}" for reader in READERS))
    for row in rows:
        if options.all or any(row[reader] != "same" for reader in READERS):
            print(f"{row['file']:{width}}  " + "  ".join(f"{row[reader]:13}" for reader in READERS))
    for kind in ("recording", "odd header"):
        chosen = [row for row in rows if row["kind"] == kind]
        right = {reader: sum(row[reader] == "same" for row in chosen) for reader in READERS}
        either = sum(row["ezc3d"] == "same" or row["py-c3d"] == "same" for row in chosen)
        print(
            f"{len(chosen)} {kind}s read right: "
            + ", ".join(f"{reader} {n}" for reader, n in right.items())
            + f", either of the others {either}"
        )


if __name__ == "__main__":
    main()
