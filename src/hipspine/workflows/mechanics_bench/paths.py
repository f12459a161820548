"""Part 2: lengths and moment arms of every line of one model, beside OpenSim (all lines) and MuJoCo (those of one hip)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Shape
from hipspine.mechanics.paths import Paths, compiled, cores, lengths_and_arms, segment_frames
from hipspine.mechanics.paths.layout import turned
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.opensim_model import OpensimModel, with_followers
from hipspine.workflows.mechanics_bench.peers import MUJOCO, OPENSIM, Peers
from hipspine.workflows.mechanics_bench.subjects import Subject
from hipspine.workflows.mechanics_bench.tendons import Hip, Tendons, alone, coordinates_of, hip_of, mjcf
from hipspine.workflows.mechanics_bench.timing import best_clock_s, best_each_s, best_s, difference

ARM_POSTURES, SLOPE_POSTURES, EVERY_ARM_POSTURES, STEP_RAD = 40, 8, 3, 1e-4
REPEATS = 25
MANY = 4000  # postures that all cores share
BATCH = 200  # postures of one call that is timed, so that the answer stays in the fast memory
JUMP_STEP_RAD, JUMP_M = 2e-3, 5e-4
LENGTH_MM, ARM_MM = 0.0005, 0.005  # agreement with MuJoCo that is asked for
Tell = Callable[[str], None]


def paths_part(one: Subject, peers: Peers, *, tell: Tell) -> tuple[dict[str, Any], dict[str, Any]]:
    """How far lengths and arms agree, and microseconds per posture."""
    count = len(one.postures)
    seen: dict[str, Any] = {
        "model": one.name, "lines": len(one.paths.lines), "coordinates": len(one.paths.coordinates), "arms": len(one.pairs),
        "surfaces": len(one.body.wraps), "postures": count,
    }  # fmt: skip
    seen["jumps"] = _jumps(one)
    took: dict[str, Any] = {"ours_us": _ours_us(one, like_opensim=False), "ours_cores_us": _ours_cores_us(one), "cores": cores()}
    if (opensim := peers.of(OPENSIM)) is not None:
        tell("paths: OpenSim")
        seen["opensim"], took["opensim"] = _beside_opensim(one, OpensimModel(opensim, one.path, one.body, one.paths.lines))
    if (mujoco := peers.of(MUJOCO)) is not None and (hip := hip_of(one.body)) is not None:
        tell("paths: MuJoCo")
        seen["mujoco"], took["mujoco"] = _beside_mujoco(one, hip, mujoco)
    return seen, took


def _ours_us(one: Subject, *, like_opensim: bool) -> float:
    """Microseconds per posture: every length, and its arms about every coordinate that some line crosses."""
    about = [one.paths.about[k] for k in sorted({about for _, about in one.pairs})]
    paths, batch = compiled(one.body, about=about, like_opensim=like_opensim), np.ascontiguousarray(one.postures[:BATCH])
    return 1e6 * best_s(lambda: lengths_and_arms(paths, batch), repeats=REPEATS) / len(batch)


def _ours_cores_us(one: Subject) -> float:
    """Microseconds of the clock per posture of a large batch, on all cores."""
    about = [one.paths.about[k] for k in sorted({about for _, about in one.pairs})]
    paths, many = compiled(one.body, about=about), np.resize(one.postures, (MANY, one.postures.shape[1]))
    return 1e6 * best_clock_s(lambda: lengths_and_arms(paths, many)) / MANY


def _jumps(one: Subject) -> dict[str, Any]:
    """How often a length steps by more than 0.5 mm over 2 mrad in a random direction, beyond what the arms explain.

    The geometry itself does this, where a line has surfaces without a side or ends inside them; every engine inherits it.
    """
    crossed = np.isin(np.arange(one.postures.shape[1]), [about for _, about in one.pairs])
    step = np.random.default_rng(0).normal(size=one.postures.shape) * crossed
    step *= JUMP_STEP_RAD / np.linalg.norm(step, axis=1, keepdims=True)
    (before, arms), (after, _) = lengths_and_arms(one.paths, one.postures), lengths_and_arms(one.paths, one.postures + step)
    beyond = np.abs(after - before + np.einsum("qlc,qc->ql", arms, step))
    jumped = beyond > JUMP_M
    lines = {name: int(count) for name, count in zip(one.paths.lines, jumped.sum(axis=0), strict=True) if count}
    return {"tests": int(beyond.size), "jumps": int(jumped.sum()), "largest_mm": float(1e3 * beyond.max()), "lines": lines}


def _beside_opensim(one: Subject, model: OpensimModel) -> tuple[dict[str, Any], dict[str, Any]]:
    count, few = len(one.postures), min(ARM_POSTURES, len(one.postures))
    lengths, arms = np.zeros((count, len(one.paths.lines))), np.zeros((few, len(one.pairs)))

    def length_of(q: int) -> None:
        lengths[q] = model.lengths(one.postures[q])

    def all_of(q: int) -> None:
        model.lengths(one.postures[q])
        arms[q] = model.arms(one.pairs)

    every = [(line, about) for line in range(lengths.shape[1]) for about in range(len(one.paths.about)) if one.paths.follows[about] is None]

    def every_arm_of(q: int) -> None:
        model.lengths(one.postures[q])
        model.arms(every)

    length_us = 1e6 * best_each_s(length_of, count)
    all_us = 1e6 * best_each_s(all_of, few)
    every_us = 1e6 * best_each_s(every_arm_of, min(EVERY_ARM_POSTURES, count))
    like = compiled(one.body, like_opensim=True)
    exact, ours = lengths_and_arms(one.paths, one.postures), lengths_and_arms(like, one.postures)
    several = np.array([len(line.wraps) > 1 for line in one.body.lines])
    lines, about = np.array(one.pairs).T
    single = ~several[lines]
    slopes = _slopes(one, model)
    chosen = len(slopes)
    found = {
        "arm_postures": few,
        "every_arm": len(every),
        "slope_postures": chosen,
        "lines_over_several_surfaces": int(several.sum()),
        "length_mm": difference(ours[0][:, ~several] - lengths[:, ~several]),
        "length_where_several_surfaces_mm": difference(ours[0][:, several] - lengths[:, several]),
        "length_p95_of_worst_line_mm": _worst_line(ours[0] - lengths, ~several),
        "shortest_way_mm": difference(exact[0][:, ~several] - lengths[:, ~several]),
        "arm_mm": difference((exact[1][:few, lines, about] - arms)[:, single]),
        "our_arm_from_slope_mm": difference((ours[1][:chosen, lines, about] - slopes)[:, single]),
        "opensim_arm_from_slope_mm": difference((arms[:chosen] - slopes)[:, single]),
        "largest_length": _where(np.where(several, 0.0, ours[0] - lengths), one.paths),
    }
    like_us = _ours_us(one, like_opensim=True)
    return found, {"lengths_us": length_us, "lengths_and_arms_us": all_us, "every_arm_us": every_us, "ours_like_opensim_us": like_us}


def _slopes(one: Subject, model: OpensimModel) -> Floats:
    """(posture, pair) minus the central difference of OpenSim's lengths."""
    some = one.postures[:SLOPE_POSTURES]
    slopes = np.zeros((len(some), len(one.pairs)))
    from_line, about = np.array(one.pairs).T
    for k in np.unique(about):
        step = np.zeros(some.shape[1])
        step[k] = STEP_RAD
        for q, row in enumerate(some):
            high, low = (model.lengths(with_followers(one.body, (row + sign * step)[None])[0]) for sign in (1.0, -1.0))
            slopes[q, about == k] = (low - high)[from_line[about == k]] / (2 * STEP_RAD)
    return slopes


def _worst_line(wrong: Floats, chosen: Any) -> float:
    return float(1e3 * np.quantile(np.abs(wrong[:, chosen]), 0.95, axis=0).max()) if chosen.any() else 0.0


def _where(wrong: Floats, paths: Paths) -> dict[str, Any]:
    q, line = np.unravel_index(int(np.abs(wrong).argmax()), wrong.shape)
    return {"line": paths.lines[line], "posture": int(q), "mm": float(1e3 * abs(wrong[q, line]))}


def _beside_mujoco(one: Subject, hip: Hip, mujoco: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    body = alone(one.body, hip)
    angles = coordinates_of(hip.joint)
    paths = compiled(body, about=angles)
    q = one.postures
    columns = [paths.coordinates.index(name) for name in angles]
    turns = np.ascontiguousarray(q[:, columns])
    tendons = Tendons(mujoco, mjcf(body, hip.joint))
    length, arm = tendons.lengths_and_arms(turns)
    ours = lengths_and_arms(paths, q)
    d_length, d_arm = np.abs(ours[0] - length) * 1e3, np.abs(ours[1] - arm).max(axis=-1) * 1e3
    wrong = (d_length > LENGTH_MM) | (d_arm > ARM_MM)
    inside = _end_inside(body, paths, q)
    agreed = ~wrong
    lines = {paths.lines[k]: int(wrong[:, k].sum()) for k in np.flatnonzero(wrong.any(axis=0))}
    found = {
        "joint": hip.joint.name, "lines": len(paths.lines), "surfaces": len(body.wraps), "postures": len(q),
        "length_mm": difference(ours[0] - length), "arm_mm": difference(ours[1] - arm),
        "agreed_share": float(agreed.mean()),
        "others": int(wrong.sum()), "others_with_an_end_inside": int((wrong & inside).sum()), "others_by_line": lines,
    }  # fmt: skip
    batch, some = np.ascontiguousarray(q[:BATCH]), turns[:BATCH]
    ours_us = 1e6 * best_s(lambda: lengths_and_arms(paths, batch), repeats=REPEATS) / len(batch)
    return found, {"ours_us": ours_us, "mujoco_us": 1e6 * best_s(tendons.through(some)) / len(some)}


def _end_inside(body: BodyModel, paths: Paths, q: Floats) -> Any:
    """(posture, line) whether a point beside the stretch that wraps lies inside the surface."""
    rotation, position = segment_frames(paths, q)
    segments = {name: k for k, name in enumerate(paths.segments)}
    surfaces = {wrap.name: wrap for wrap in body.wraps}
    inside = np.zeros((len(q), len(paths.lines)), dtype=bool)
    for j, line in enumerate(body.lines):
        for use in line.wraps:
            wrap = surfaces[use.wrap]
            home, flat = segments[wrap.segment], 2 if wrap.shape is Shape.CYLINDER else 3
            for point in line.points[(use.first or 1) - 1 : use.last]:
                s = segments[point.segment]
                at = position[:, s] + rotation[:, s] @ np.array(point.position_m)
                seen = np.einsum("qji,qj->qi", rotation[:, home], at - position[:, home]) - np.array(wrap.position_m)
                seen = seen @ turned(wrap.rotation_rad)
                inside[:, j] |= np.linalg.norm(seen[:, :flat], axis=1) <= wrap.size_m[0]
    return inside
