"""Building the demand atlas: every exercise in many bodies, on all cores, to be gone on with after a stop.

Each exercise is one part file, written under another name and then renamed; a part whose inputs are unchanged is not computed again. When
all parts are there, model and published EMG are brought together (`hipspine.exercises.blend`) on the exercises that may be tuned on, the
validity is measured on all and on those held out, and the atlas is written.
"""

import json
import multiprocessing
import os
import threading
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from hipspine import __version__
from hipspine.anatomy.person import Person
from hipspine.errors import InputError, ModelError
from hipspine.evidence import tables
from hipspine.exercises import atlas
from hipspine.exercises.blend import Scale, blend, tune
from hipspine.exercises.catalogue import catalogue
from hipspine.exercises.demand import SAMPLES, demand_of
from hipspine.exercises.describing import described
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.motion import FRAMES
from hipspine.exercises.published import published
from hipspine.exercises.studies import conditions
from hipspine.exercises.validity import Predicted, split
from hipspine.workflows.demand import TOLD, document, members
from hipspine.workflows.demand_validity import measured

Progress = Callable[[float], None] | None
SEED = 0
_STUDY = "study: "


def build(
    out: Path,
    *,
    only: Sequence[Exercise] | None = None,
    samples: int = SAMPLES,
    frames: int = FRAMES,
    engine: str = "processes",
    progress: Progress = None,
) -> dict[str, Any]:
    """Make the atlas: parts in ``out``/parts, the whole in ``out``/atlas.json.

    Args:
        only: exercises to work out; the whole catalogue unless given. The atlas is written only of the whole.
        samples, frames: bodies, and frames of a repetition.
        engine: ``processes`` (one for each core) or ``inline``; the bytes are the same.
        progress: told the share that is done.

    Raises:
        InputError: the place cannot be written, or an exercise cannot be worked out: the sentence names it.
    """
    exercises = {one.name: one for one in (catalogue().values() if only is None else only)}
    studied = {} if only is not None else {f"{_STUDY}{name}": one.exercise for name, one in conditions().items()}
    work = exercises | {name: one for name, one in studied.items() if one != exercises.get(one.name)}
    parts = out / "parts"
    try:
        parts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{parts}: cannot be written ({error.strerror}); name another place with --out.") from error
    paths = {name: parts / f"{exercise.name}-{_hash(exercise, samples, frames)[:16]}.npz" for name, exercise in work.items()}
    missing = {name: exercise for name, exercise in work.items() if not _whole(paths[name])}
    for done, _ in enumerate(_worked_out(missing, paths, samples, frames, engine), start=len(work) - len(missing) + 1):
        if progress is not None:
            progress(done / len(work))
    if only is not None:
        return {"parts": [path.name for path in paths.values()], "worked_out": len(missing), "exercises": len(exercises)}
    found = {name: _read(paths[name]) for name in exercises}
    seen = {name: _read(paths.get(f"{_STUDY}{name}", paths.get(one.exercise.name, out))) for name, one in conditions().items()}
    whole = together(found, seen, samples=samples, frames=frames)
    _write(out / atlas.FILE, json.dumps(whole, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode() + b"\n")
    return {"file": str(out / atlas.FILE), "worked_out": len(missing), "exercises": len(exercises), "validity": whole["validity"]}


def together(found: Mapping[str, "Part"], seen: Mapping[str, "Part"], *, samples: int, frames: int) -> dict[str, Any]:
    """The atlas of parts: scales, estimates and validity are worked out of all of them.

    Args:
        found: part of each exercise of the catalogue.
        seen: part of each condition under which studies measured.
    """
    studied = conditions()
    rows = [row for one in studied.values() if one.known for row in one.rows]  # levels at an unknown load say nothing across studies
    _, held_out = split(one.exercise.name for one in studied.values())
    chains = {name: str(part.document["chain"]) for name, part in seen.items()}
    tuned = [name for name, one in studied.items() if one.exercise.name not in held_out]
    predicted = predictions(seen)
    means = [row for row in rows if row.statistic == "mean"]
    scales = {
        f"{chain}/mean": tune(predicted.mean, means, among=[name for name in tuned if chains[name] == chain])
        for chain in ("closed", "open")
    }
    of_all = predictions(found)
    entries = {
        name: part.document | {"estimate": _estimates(name, of_all, scales[f"{part.document['chain']}/mean"])}
        for name, part in found.items()
    }
    return {
        "hipspine": __version__,
        "method": atlas.METHOD,
        "samples": samples,
        "frames": frames,
        "seed": SEED,
        "body_sha256": atlas.body_hash(),
        "evidence_sha256": tables.digest("emg_exercises"),
        "scales": {key: atlas.as_json(scale) for key, scale in scales.items()},
        "held_out": list(held_out),
        "validity": measured(predicted, studied, chains, scales, {name: part.arrays["bare"] for name, part in seen.items()}, held_out),
        "exercises": entries,
    }


class Part:
    """What a part file holds."""

    def __init__(self, document: dict[str, Any], groups: tuple[str, ...], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        self.document, self.groups, self.arrays = document, groups, arrays


def predictions(found: Mapping[str, Part]) -> Predicted:
    """Means and peaks of each exercise and group, body by body."""
    by = {
        what: {
            name: {group: part.arrays[what][:, k] for k, group in enumerate(part.groups) if np.isfinite(part.arrays[what][:, k]).all()}
            for name, part in found.items()
        }
        for what in ("mean", "peak")
    }
    return Predicted(by["mean"], by["peak"])


def _estimates(name: str, predicted: Predicted, scale: Scale) -> dict[str, Any]:
    rows = published(catalogue()[name], alike=True)
    estimates = {}
    for group in TOLD:
        drive = predicted.mean[name].get(group)
        if drive is None and not any(row.exercise == name and row.group == group and row.statistic == "mean" for row in rows):
            continue
        answer = blend(name, group, drive, rows, scale)
        median, low, high = atlas.short([answer.median, answer.low, answer.high])
        estimates[group] = {"median": median, "low": low, "high": high, "model_weight": atlas.short([answer.model_weight])[0],
                            "studies": list(answer.studies), "sentence": answer.sentence}  # fmt: skip
    return estimates


def _worked_out(missing: Mapping[str, Exercise], paths: Mapping[str, Path], samples: int, frames: int, engine: str) -> Any:
    """Yields as each part is written."""
    if engine == "inline" or len(missing) < 2:
        for name, exercise in missing.items():
            _part(exercise, paths[name], samples, frames)
            yield name
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(missing), cores()), mp_context=context, initializer=_watch, initargs=(os.getpid(),)) as pool:
        running = [pool.submit(_part, exercise, paths[name], samples, frames) for name, exercise in missing.items()]
        try:
            for one in as_completed(running):
                one.result()
                yield one
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _watch(parent: int) -> None:
    """A worker ends when whoever started it is gone: nobody would use what it works out."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _whole(path: Path) -> bool:
    """Whether a part is there and can be read; one that was cut off is made anew."""
    try:
        _read(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return False
    return True


def _part(exercise: Exercise, path: Path, samples: int, frames: int) -> None:
    try:
        found = demand_of(exercise, samples=samples, frames=frames, seed=SEED)
        told = document(found, described(found), samples=samples, frames=frames)
    except ModelError as error:
        raise InputError(f"{exercise.name}: {error}") from error
    arrays = members(found)
    text = json.dumps(told, ensure_ascii=True, allow_nan=False)
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    np.savez_compressed(unfinished, document=np.array(text), groups=np.array(found.groups), **arrays)  # type: ignore[arg-type]
    unfinished.replace(path)


def _read(path: Path) -> Part:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        arrays = {name: held[name] for name in ("mean", "peak", "bare")}
        return Part(json.loads(str(held["document"])), tuple(str(one) for one in held["groups"]), arrays)


def _hash(exercise: Exercise, samples: int, frames: int) -> str:
    size = Person()
    return atlas.inputs_hash(exercise, samples=samples, frames=frames, seed=SEED, mass_kg=size.mass_kg, height_m=size.height_m)


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
