"""Muscle paths of an OpenSim model: our lengths and arms beside OpenSim's, in one run; where lengths jump; what each costs.

    uv run python benchmarks/path_lengths.py MODEL.osim                        ours alone
    uv run --group peers python benchmarks/path_lengths.py MODEL.osim          with OpenSim

Random postures within the coordinates' limits (angles within one turn). Times are the best of several runs; use the ratios of one run.
"""

import argparse
import importlib.util
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.formats.osim import read_osim
from hipspine.mechanics.paths import Paths, compiled, lengths_and_arms

STEP_RAD, JUMP_M = 2e-3, 5e-4


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", type=Path)
    options.add_argument("--postures", type=int, default=1000)
    options.add_argument("--jumps", type=int, default=20_000, help="postures in which jumps are counted")
    options.add_argument("--out", type=Path, help="JSON")
    chosen = options.parse_args()
    body = read_osim(chosen.model)
    exact, like = compiled(body), compiled(body, like_opensim=True)
    q = postures(exact, chosen.postures)
    found: dict[str, Any] = {"model": body.name, "lines": len(exact.lines), "coordinates": len(exact.coordinates)}
    found["ours"] = {name: ours(paths, q) for name, paths in (("shortest", exact), ("like_opensim", like))}
    found["jumps"] = jumps(exact, chosen.jumps)
    if importlib.util.find_spec("opensim"):
        found["opensim"] = opensim(chosen.model, q, exact, like)
        theirs = found["opensim"]["us_per_posture"]
        found["ratio"] = {name: theirs["lengths_and_arms"] / mine["us_per_posture"] for name, mine in found["ours"].items()}
    print(json.dumps(found, indent=1))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def postures(paths: Paths, count: int, seed: int = 0) -> Any:
    low, high = np.maximum(paths.low, -math.pi), np.minimum(paths.high, math.pi)
    q = low + (high - low) * np.random.default_rng(seed).random((count, low.size))
    for k, leader in enumerate(paths.follows):
        if leader is not None:
            q[:, k] = q[:, paths.coordinates.index(leader)]  # OpenSim wants it given; here couplings are one to one
    return q


def ours(paths: Paths, q: Any) -> dict[str, float]:
    lengths_and_arms(paths, q[:2])
    seconds = min(timed(lambda: lengths_and_arms(paths, q)) for _ in range(5))
    some, step, wrong = q[:100], 1e-6, []
    arms = lengths_and_arms(paths, some)[1]
    for k in range(q.shape[1]):
        h = np.zeros(q.shape[1])
        h[k] = step
        slope = (lengths_and_arms(paths, some - h)[0] - lengths_and_arms(paths, some + h)[0]) / (2 * step)
        wrong.append(abs(slope - arms[..., k]))
    return {"us_per_posture": 1e6 * seconds / len(q), "arm_against_own_slope_max_m": float(np.max(wrong))}


def jumps(paths: Paths, count: int) -> dict[str, Any]:
    """Steps of length of more than 0.5 mm over 2 mrad in a random direction, beyond what the arms explain."""
    q = postures(paths, count, seed=1)
    step = np.random.default_rng(2).normal(size=q.shape)
    step *= STEP_RAD / np.linalg.norm(step, axis=1, keepdims=True)
    found = np.zeros((count, len(paths.lines)))
    for at in range(0, count, 1000):
        part = slice(at, at + 1000)
        (before, arms), (after, _) = lengths_and_arms(paths, q[part]), lengths_and_arms(paths, q[part] + step[part])
        found[part] = abs(after - before + np.einsum("qlc,qc->ql", arms, step[part]))
    lines = {name: int(n) for name, n in zip(paths.lines, (found > JUMP_M).sum(axis=0), strict=True) if n}
    return {"tests": int(found.size), "jumps": int((found > JUMP_M).sum()), "largest_mm": 1e3 * float(found.max()), "lines": lines}


def opensim(path: Path, q: Any, exact: Paths, like: Paths) -> dict[str, Any]:
    import opensim as peer

    peer.Logger.setLevelString("Off")
    model = peer.Model(str(path))
    state = model.initSystem()
    coordinates = [model.getCoordinateSet().get(name) for name in exact.coordinates]
    muscles = [model.getMuscles().get(name) for name in exact.lines]
    lengths, arms = np.zeros((len(q), len(muscles))), np.zeros((10, len(muscles), len(coordinates)))

    def pose(row: Any) -> None:
        for coordinate, value in zip(coordinates, row, strict=True):
            coordinate.setValue(state, float(value), False)  # with assembly it would take twenty times as long
        model.realizePosition(state)

    def all_lengths() -> None:
        for row, out in zip(q, lengths, strict=True):
            pose(row)
            out[:] = [muscle.getLength(state) for muscle in muscles]

    def all_arms() -> None:
        for row, out in zip(q, arms, strict=False):
            pose(row)
            out[:] = [[muscle.computeMomentArm(state, coordinate) for coordinate in coordinates] for muscle in muscles]

    slow, slower = timed(all_lengths) / len(q), timed(all_arms) / len(arms)
    found: dict[str, Any] = {
        "version": peer.GetVersion(),
        "us_per_posture": {"lengths": 1e6 * slow, "lengths_and_arms": 1e6 * (slow + slower)},
    }
    free = [k for k, leader in enumerate(exact.follows) if leader is None]
    for name, paths in (("shortest", exact), ("like_opensim", like)):
        mine, slopes = lengths_and_arms(paths, q)
        wrong, off = 1e3 * abs(mine - lengths), 1e3 * abs(slopes[: len(arms)] - arms)[..., free]
        each = np.percentile(wrong, 95, axis=0)
        found[name] = {
            "length_mm": dict(zip(("p50", "p95", "p99", "max"), np.percentile(wrong, (50, 95, 99, 100)).tolist(), strict=True)),
            "arm_mm": dict(zip(("p50", "p95", "p99", "max"), np.percentile(off, (50, 95, 99, 100)).tolist(), strict=True)),
            "lines_above_0.05_mm": {line: float(p) for line, p in zip(paths.lines, each, strict=True) if p > 0.05},
        }
    return found


def timed(run: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
