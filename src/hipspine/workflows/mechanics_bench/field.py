"""Part 1: what one line of the continuous gluteus maximus costs in one posture."""

from functools import partial
from typing import Any

import numpy as np

from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.mechanics.arms import field_arms, monomials
from hipspine.mechanics.field_kernel import field_lengths_and_arms
from hipspine.mechanics.posture import HIP, HIP_RANGE_DEG
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.opensim_model import OpensimModel
from hipspine.workflows.mechanics_bench.peers import MUJOCO, OPENSIM, Peers
from hipspine.workflows.mechanics_bench.subjects import Subject
from hipspine.workflows.mechanics_bench.tendons import Tendons, straight
from hipspine.workflows.mechanics_bench.timing import best_each_s, best_s

COUNTS = (18, 100)  # lines, both layers together
_PEER_POSTURES = 200
_END_M = np.array([-0.035, -0.06, 0.03])  # about where published lines reach the femur, seen from the hip centre


def field_part(peers: Peers, published: Subject | None, *, postures: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was compared, and nanoseconds per line and posture (length and three arms) of ours and of each peer."""
    angles = hip_angles(postures, seed)
    knee = np.zeros(postures)
    seen: dict[str, Any] = {"lines": list(COUNTS), "postures": postures, "opensim_lines": []}
    took: dict[str, Any] = {"ours_ns": {}, "with_knee_ns": {}, "mujoco_ns": {}, "opensim_ns": None}
    for count in COUNTS:
        muscle = gluteus_maximus(lines=count // 2)
        origin, terms = np.ascontiguousarray(muscle.origin_m.T), monomials(muscle.coefficients_m2)
        out = np.empty((postures, 4, count))
        each = 1e9 / (count * postures)
        took["ours_ns"][str(count)] = each * best_s(partial(field_lengths_and_arms, angles, origin, terms, out))
        took["with_knee_ns"][str(count)] = each * best_s(partial(field_arms, muscle, angles, knee))
        if (mujoco := peers.of(MUJOCO)) is not None:
            some = angles[:_PEER_POSTURES]
            tendons = Tendons(mujoco, straight(muscle.origin_m, np.repeat(_END_M[None], count, axis=0)))
            took["mujoco_ns"][str(count)] = 1e9 * best_s(tendons.through(some)) / (count * len(some))
    opensim = peers.of(OPENSIM)
    lines = [] if published is None else [line.name for line in published.body.lines if line.muscle == "gluteus_maximus"]
    if opensim is not None and published is not None and lines:
        lines = lines[: len(lines) // 2 or 1]
        seen["opensim_lines"] = lines
        took["opensim_ns"] = _of_opensim(OpensimModel(opensim, published.path, published.body, lines), published, lines)
    return seen, took


def hip_angles(count: int, seed: int) -> Floats:
    """(posture, 3) angles, even over the range of a hip [rad]."""
    low, high = np.radians([HIP_RANGE_DEG[name] for name in HIP]).T
    return np.ascontiguousarray(low + (high - low) * np.random.default_rng(seed).random((count, 3)))


def _of_opensim(model: OpensimModel, published: Subject, lines: list[str]) -> float:
    """Nanoseconds per line and posture: length, and the arms about the coordinates that the line crosses."""
    numbers = {published.paths.lines.index(name): k for k, name in enumerate(lines)}
    pairs = [(numbers[line], about) for line, about in published.pairs if line in numbers]
    rows = published.postures[:_PEER_POSTURES]

    def one(k: int) -> None:
        model.lengths(rows[k])
        model.arms(pairs)

    return 1e9 * best_each_s(one, len(rows)) / len(lines)
