"""Part 3: load sharing on made-up frames, and on a recorded walk beside OpenSim's StaticOptimization."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hipspine.mechanics.paths import lengths_and_arms
from hipspine.mechanics.sharing import share
from hipspine.terms import Floats
from hipspine.workflows.mechanics_bench.opensim_sharing import Solved, static_optimization
from hipspine.workflows.mechanics_bench.peers import OPENSIM, Peers
from hipspine.workflows.mechanics_bench.subjects import Subject
from hipspine.workflows.mechanics_bench.timing import best_s, difference

LINES, COORDINATES = 92, 23
SHARED = {"movement": 2.0, "mixed": 2.0, "cold": 2.0, "exponent_3": 3.0, "exponent_4": 4.0}
"""Frames that are shared and their exponent: in their order, in any order, each from nothing, and in their order again."""
_REPEATED = 40  # times that the frames of the walk are laid one after another, so that there is something to time


def sharing_part(walk: Path | None, published: Subject | None, peers: Peers, *, frames: int, seed: int, tell: Callable[[str], None]) -> Any:
    """The problems and how far two answers differ; microseconds per frame."""
    seen, took = _made_up_part(frames, seed)
    if walk is not None and published is not None and (opensim := peers.of(OPENSIM)) is not None:
        tell("sharing: OpenSim's StaticOptimization, about two minutes")
        seen["walk"], took["walk"] = _walk_part(static_optimization(opensim, published.path, walk), published)
    return seen, took


def made_up(frames: int, *, lines: int = LINES, seed: int = 0) -> tuple[Floats, Floats, Floats, Floats]:
    """Moments, arms times force, volumes, reserves: 6 of a free body, then two legs and a trunk whose lines know nothing of each other."""
    rng = np.random.default_rng(seed)
    first, size = np.array([6, 11, 16, 19]), np.array([5, 5, 3, 4])
    arms = np.zeros((lines, COORDINATES))
    for line in range(lines):
        part = rng.integers(4)
        crossed = first[part] + rng.choice(size[part], size=rng.integers(1, size[part]), replace=False)
        arms[line, crossed] = rng.normal(0, 50, crossed.size)
    when = np.arange(frames)[:, None] * 0.01
    moments = np.zeros((frames, COORDINATES))
    moments[:, 6:] = 10 * np.sin(when * rng.uniform(0.5, 1, 17) + rng.uniform(0, 6, 17))
    swing = 1 + 0.2 * np.sin(when)[:, :, None]
    return moments, np.asarray(arms * swing), rng.uniform(0.2, 3, lines), np.r_[np.full(6, 1000.0), np.full(17, 1.0)]


def _made_up_part(frames: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    moments, arms, volume, reserve = made_up(frames, seed=seed)
    mixed = np.random.default_rng(seed + 1).permutation(frames)
    orders = {"mixed": (moments[mixed], arms[mixed]), "cold": _cold(moments, arms, mixed)}
    seen: dict[str, Any] = {"lines": LINES, "coordinates": COORDINATES, "frames": frames}
    took: dict[str, Any] = {}
    for name, exponent in SHARED.items():
        pair = tuple(np.ascontiguousarray(one) for one in orders.get(name, (moments, arms)))
        solve = partial(share, *pair, volume=volume, reserve=reserve, exponent=exponent)
        shared = solve()
        wanted = shared.residual[1::2] if name == "cold" else shared.residual
        seen[name] = {"worst_residual": float(wanted.max()), "not_solved": int((~shared.solved).sum())}
        took[f"{name}_us"] = 1e6 * best_s(solve, repeats=5) / wanted.size
    return seen, took


def _cold(moments: Floats, arms: Floats, mixed: Any) -> tuple[Floats, Floats]:
    """Each frame after one that asks for no moment at all, so that it begins from nothing."""
    chosen = mixed[:300]
    asked, given = np.zeros((2 * chosen.size, moments.shape[1])), np.zeros((2 * chosen.size, *arms.shape[1:]))
    asked[1::2], given[1::2] = moments[chosen], arms[chosen]
    return asked, given


def _walk_part(solved: Solved, published: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ours is given what OpenSim worked with: its arms times its forces, and the moments that its own answer makes."""
    ones = np.ones(len(solved.muscles))
    shared = share(solved.moments, solved.arms_force, volume=ones, reserve=solved.optimal, coordinates=solved.coordinates)
    rest = solved.reserves / solved.optimal
    theirs = (solved.activation**2).sum(axis=1) / 2 + (rest**2).sum(axis=1) / 2
    apart = np.abs(shared.activation - solved.activation)
    order = np.random.default_rng(0).permutation(np.tile(np.arange(len(solved.moments)), _REPEATED))
    moments, arms = np.ascontiguousarray(solved.moments[order]), np.ascontiguousarray(solved.arms_force[order])
    values = np.ascontiguousarray(np.repeat(published.postures[:1], 400, axis=0))
    seen = {
        "model": published.name, "frames": len(moments) // _REPEATED, "muscles": len(solved.muscles),
        "coordinates": len(solved.coordinates), "activation": difference(apart, scale=1.0),
        "where": solved.muscles[int(np.unravel_index(apart.argmax(), apart.shape)[1])],
        "opensim_costs_more_by": [float((theirs / shared.cost - 1).min()), float((theirs / shared.cost - 1).max())],
        "worst_residual": float(shared.residual.max()),
    }  # fmt: skip
    took = {
        "ours_us": 1e6 * best_s(lambda: share(moments, arms, volume=ones, reserve=solved.optimal), repeats=5) / len(moments),
        "our_arms_us": 1e6 * best_s(lambda: lengths_and_arms(published.paths, values)) / len(values),
        "opensim_us": 1e6 * solved.frame_s,
        "opensim_arms_one_by_one_us": 1e6 * solved.arms_s,
    }
    return seen, took
