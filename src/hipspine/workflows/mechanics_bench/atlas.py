"""Part 4: how long an atlas of one hip would take: line field, hip lines, fibres and load sharing, frame by frame."""

from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.mechanics.arms import field_arms
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.paths import compiled, lengths_and_arms
from hipspine.mechanics.sharing import share, volumes
from hipspine.mechanics.whole_body import hip_and_knee
from hipspine.terms import Floats, Side
from hipspine.workflows.mechanics_bench.timing import best_s

FRAMES, EXERCISES, ANATOMIES, CORES = 101, 200, 500, 2
BATCH = 20 * FRAMES
RESERVE_NM = 1.0
MISSING = (
    "inverse dynamics of the whole body and contacts (the moments are made up here)",
    "the other leg, trunk, lumbosacral and sacroiliac forces",
    "drawing the anatomies: an anatomy is made ready once and used for all exercises, as counted under 'ready'",
    "writing the answers to disk",
)


def atlas_part(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a frame holds; microseconds of each step, frames per second, and minutes for the whole atlas on two cores."""
    body, axes = BodyModel(), hip_and_knee(Side.RIGHT)
    every = compiled(body)
    reached = [every.about.index(axis) for axis in axes]
    angles, moments = _movements(seed)
    values = np.repeat(every.default[None], BATCH, axis=0)
    values[:, [every.coordinates.index(axis) for axis in axes]] = angles
    crossing = np.abs(lengths_and_arms(every, values[:FRAMES])[1][..., reached]).max(axis=(0, 2)) > 1e-9
    names = [name for name, yes in zip(every.lines, crossing, strict=True) if yes]
    paths, muscle = compiled(body, lines=names, about=axes), gluteus_maximus()
    hip, knee = np.ascontiguousarray(angles[:, :3]), np.ascontiguousarray(angles[:, 3])
    by_name = {line.name: line for line in body.lines}
    chosen = [by_name[name] for name in names]
    sizes: dict[str, Any] = {
        "optimal_fibre_m": np.r_[[line.optimal_fibre_m for line in chosen], muscle.optimal_fibre_m],
        "slack_m": np.r_[[line.tendon_slack_m for line in chosen], muscle.slack_m],
        "pennation_rad": np.r_[[line.pennation_rad for line in chosen], muscle.pennation_rad],
        "max_force_n": np.r_[[line.max_force_n for line in chosen], muscle.max_force_n],
    }
    of_lines, (length, arm, arm_knee) = lengths_and_arms(paths, values), field_arms(muscle, hip, knee)
    lengths = np.concatenate([of_lines[0], length], axis=1)
    arms = np.concatenate([of_lines[1], np.concatenate([arm, arm_knee[..., None]], axis=-1)], axis=1)
    pulling = np.ascontiguousarray(arms * fibre(lengths, **sizes).active_n[..., None])
    volume = volumes(sizes["max_force_n"], sizes["optimal_fibre_m"])
    shared = share(moments, pulling, volume=volume, reserve=RESERVE_NM, coordinates=axes)
    each = 1e6 / BATCH
    steps = {
        "gluteus_maximus": each * best_s(lambda: field_arms(muscle, hip, knee)),
        "hip_lines": each * best_s(lambda: lengths_and_arms(paths, values)),
        "fibres": each * best_s(lambda: arms * fibre(lengths, **sizes).active_n[..., None]),
        "sharing": each * best_s(lambda: share(moments, pulling, volume=volume, reserve=RESERVE_NM)),
    }
    ready_s = best_s(lambda: compiled(body, lines=names, about=axes), repeats=3)
    frame_us, frames = sum(steps.values()), FRAMES * EXERCISES * ANATOMIES
    seen = {
        "field_lines": int(muscle.u.size), "hip_lines": len(names), "coordinates": len(axes), "frames_of_a_batch": BATCH,
        "exercises": EXERCISES, "frames": FRAMES, "anatomies": ANATOMIES, "cores": CORES, "all_frames": frames,
        "not_solved": int((~shared.solved).sum()), "missing": list(MISSING),
    }  # fmt: skip
    return seen, {
        "steps_us": steps,
        "frame_us": frame_us,
        "ready_s": ready_s,
        "frames_per_second": 1e6 / frame_us,
        "minutes_on_two_cores": (frames * frame_us * 1e-6 + ANATOMIES * ready_s) / CORES / 60,
    }


def _movements(seed: int) -> tuple[Floats, Floats]:
    """(frame, 4) hip and knee angles [rad] and moments [N m] of smooth movements, one after another."""
    rng = np.random.default_rng(seed)
    when = np.linspace(0, 2 * np.pi, FRAMES)
    centre, swing = np.radians([40.0, -5.0, 0.0, 45.0]), np.radians([45.0, 15.0, 15.0, 40.0])
    angles, moments = [], []
    for _ in range(BATCH // FRAMES):
        size, late = rng.uniform(0.2, 1, 4), rng.uniform(0, 2 * np.pi, 4)
        angles.append(centre + swing * size * np.cos(when[:, None] + late))
        strength = rng.uniform(0.1, 1, 4) * [60.0, 30.0, 8.0, 30.0]
        moments.append(strength * np.cos(when[:, None] + rng.uniform(0, 2 * np.pi, 4)) - [30.0, 0.0, 0.0, 0.0])
    return np.concatenate(angles), np.concatenate(moments)
