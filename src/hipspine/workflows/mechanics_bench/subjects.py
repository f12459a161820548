"""The body that is asked, as an OpenSim file and as what we read from it, and the postures in which it is asked."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import InputError
from hipspine.formats.osim import read_osim
from hipspine.formats.osim_text import osim_text
from hipspine.mechanics.paths import Paths, compiled, lengths_and_arms
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.opensim_model import with_followers

CROSSES_M = 1e-9  # a line whose arm is nowhere greater than this does not cross the coordinate


@dataclass(frozen=True, slots=True)
class Subject:
    """One model for both sides of the comparison."""

    name: str
    path: Path
    body: BodyModel
    paths: Paths
    postures: Floats  # (posture, coordinate)
    pairs: tuple[tuple[int, int], ...]  # line and coordinate that it crosses


def subject(osim: Path | None, *, folder: Path, postures: int, seed: int) -> Subject:
    """The model of a file; without one the body that hipspine ships, written as an OpenSim model and read back.

    Postures are even over the range of every coordinate that some line crosses (at most half a turn to each side); the others, and those
    that are locked, stand at their default.

    Raises:
        InputError: a model without lines, or whose lines cross no joint.
    """
    path = osim or folder / "generic_adult.osim"
    if osim is None:
        path.write_text(osim_text(BodyModel()), encoding="utf-8")
    body = read_osim(path)
    if not body.lines:
        raise InputError(f"{path.name}: holds no muscle line; give a model with muscles.")
    paths = compiled(body)
    values = _postures(body, paths, postures, seed)
    arms = np.abs(lengths_and_arms(paths, values)[1]).max(axis=0)
    pairs = tuple((int(line), int(about)) for line, about in np.argwhere(arms > CROSSES_M))
    if not pairs:
        raise InputError(f"{path.name}: no muscle line crosses a joint that moves; give another model.")
    return Subject("generic adult of hipspine" if osim is None else osim.name, path, body, paths, values, pairs)


def _postures(body: BodyModel, paths: Paths, count: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    still = np.array([one.is_length or one.locked or one.name.startswith("pelvis") for one in body.coordinates])
    low, high = np.maximum(paths.low, -math.pi), np.minimum(paths.high, math.pi)
    values = low + (high - low) * rng.random((count, low.size))
    values[:, still] = paths.default[still]
    return with_followers(body, values)
