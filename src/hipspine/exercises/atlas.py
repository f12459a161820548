"""The demand atlas that hipspine ships: what every exercise of the catalogue asks of the generic adult, worked out beforehand.

It is a file of results with the hash of its inputs; `hipspine atlas build` makes it anew (`hipspine.workflows.atlas`).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.exercises.blend import Scale
from hipspine.exercises.exercise import Exercise

FILE = "atlas.json"
METHOD = 3  # raised when the way of computing changes, so that an old atlas is not taken for a new one
_BODY = ("body_values.csv", "gluteus_maximus.json", "landmarks.csv", "leg_lines.csv", "leg_wraps.csv", "trunk_lines.csv",
         "pelvis_ring.csv", "sacroiliac.csv", "sacroiliac_assumptions.csv")  # fmt: skip


@cache
def atlas() -> Mapping[str, Any]:
    """The whole file.

    Raises:
        InputError: it was not built.
    """
    place = resources.files("hipspine.exercises") / "data" / FILE
    if not place.is_file():
        raise InputError("the demand atlas has not been built; run 'hipspine atlas build'.")
    try:
        found: Mapping[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{FILE}: the shipped demand atlas is damaged ({error}); install hipspine again.") from error
    return found


def entry(exercise: Exercise) -> Mapping[str, Any] | None:
    """What the atlas holds of an exercise; None where it holds nothing of it as it is written now."""
    place = resources.files("hipspine.exercises") / "data" / FILE
    if not place.is_file():
        return None
    whole = atlas()
    if (whole["method"], whole["body_sha256"]) != (METHOD, body_hash()):
        return None
    found: Mapping[str, Any] | None = whole["exercises"].get(exercise.name)
    return found if found is not None and found["asks_sha256"] == exercise.asks_sha256 else None


def worked_out_with() -> tuple[int, int]:
    """Bodies and seed of the shipped atlas; (0, 0) before it is built."""
    place = resources.files("hipspine.exercises") / "data" / FILE
    return (int(atlas()["samples"]), int(atlas()["seed"])) if place.is_file() else (0, 0)


def inputs_hash(exercise: Exercise, *, samples: int, frames: int, seed: int, mass_kg: float = 75.0, height_m: float = 1.75) -> str:
    """Hash of all that a result depends on: the exercise's motion and loads, the body's tables, the ensemble's numbers, the method."""
    told = [exercise.asks_sha256, body_hash(), METHOD, samples, frames, seed, mass_kg, height_m]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@cache
def body_hash() -> str:
    """Hash of the tables that the body is made of."""
    tables = resources.files("hipspine.anatomy") / "data"
    together = hashlib.sha256()
    for name in _BODY:
        together.update(name.encode() + b"\0" + (tables / name).read_bytes())
    return together.hexdigest()


def scale(chain: str, statistic: str = "mean") -> Scale | None:
    """How the atlas reads activations as levels of EMG, for closed or open chains; None before it is built."""
    place = resources.files("hipspine.exercises") / "data" / FILE
    kept = atlas().get("scales", {}).get(f"{chain}/{statistic}") if place.is_file() else None
    if kept is None:
        return None
    return Scale(tuple(kept["muscles"]), np.array(kept["mean"]), np.array(kept["covariance"]), kept["error"], tuple(kept["exercises"]))


def as_json(scale: Scale) -> dict[str, Any]:
    """A scale as the atlas keeps it."""
    return {
        "muscles": list(scale.muscles),
        "mean": scale.mean.tolist(),
        "covariance": scale.covariance.tolist(),
        "error": scale.error,
        "exercises": list(scale.exercises),
    }


def short(values: Sequence[float] | np.ndarray[Any, Any], digits: int = 5) -> list[float | None]:
    """Numbers with so many significant digits; None for what is unknown."""
    return [None if not np.isfinite(value) else float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=np.float64)]
