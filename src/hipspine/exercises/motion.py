"""One repetition of an exercise by one body: postures in time that keep every contact.

The poses of an exercise are closed one after the other (`hipspine.exercises.closing`): where a contact begins is where it stays. Between
two poses every angle follows a smooth course of time (its speed and acceleration are 0 at both ends), and each frame is closed again, so
that feet do not slide and hands stay on the bar.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.exercises.chain import Chain, Clock, Phase
from hipspine.exercises.effort import with_effort
from hipspine.exercises.exercise import Contact, Exercise, Pose
from hipspine.exercises.flight import Course, landing, push, speeds, thrown
from hipspine.exercises.loading import loads_of, pulls_sideways
from hipspine.exercises.mirror import mirrored
from hipspine.exercises.quick import moving
from hipspine.exercises.shifting import Way
from hipspine.exercises.stretches import off_m, touching
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import placed
from hipspine.mechanics.rigid_loads import Load
from hipspine.terms import Floats, Side

__all__ = ["FRAMES", "Motion", "Phase", "motion_of"]

FRAMES = 101
_FINE = 41  # frames of each phase from which speeds and accelerations are taken
_WAY = 41  # points along a push or a landing


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A repetition of ``exercise`` by ``body``."""

    exercise: Exercise  # for the side that works, with its loads in kilograms
    written: Exercise  # as it was given
    body: BodyModel
    side: Side  # that works
    time_s: Floats  # (frame,)
    q: Floats  # (frame, coordinate) free coordinates of the body in the order of `Rigid`
    phase: NDArray[np.int64]  # (frame,) number of its phase
    phases: tuple[Phase, ...]
    touches: tuple[Touch, ...]
    active: NDArray[np.bool_]  # (frame, touch) whether the place touches
    contacts: tuple[Contact, ...]  # (touch,) the contact that each point belongs to
    loads: tuple[Load, ...]
    load_kg: float  # all loads together, in kilograms or the kilograms that their pull would lift
    velocities: Floats | None  # (frame, coordinate) where the movement's own dynamics count
    accelerations: Floats | None
    contact_error_m: Floats  # (frame,) farthest that a contact place is from where it must be
    pose_error_m: Floats  # (pose,) the same in each pose
    missed_rad: Floats  # (pose,) farthest that a joint is from the angle that was written
    missed: tuple[str, ...]  # (pose,) which joint that is
    balance_error_m: Floats  # (frame,) how far the weight is from where it should stand; 0 where nothing is balanced
    poses: Floats  # (pose, coordinate)
    unheld_n: float = 0.0  # largest force or moment of a quick movement that contacts cannot give [N, N m]


def motion_of(exercise: Exercise, body: BodyModel | None = None, *, side: Side = Side.RIGHT, frames: int = FRAMES) -> Motion:
    """A repetition.

    Args:
        exercise: as read from its file.
        body: hipspine's own, of any person; the generic adult unless given.
        side: that works; the left is the mirror of what is written.
        frames: from start to end, both included, evenly in time.

    Raises:
        ModelError: fewer than 2 frames, or names that the body does not have.
    """
    if frames < 2:
        raise ModelError(f"frames is {frames}; a repetition needs 2 or more.")
    body = BodyModel() if body is None else body
    written = exercise
    if side is Side.LEFT:
        exercise = mirrored(exercise)
    chain = Chain(exercise, body)
    loads: tuple[Load, ...] = ()
    poses = chain.poses(loads)
    if any(one.effort for one in exercise.loads):
        exercise = with_effort(exercise, chain, poses)
        chain = Chain(exercise, body)
        poses = chain.poses(loads)
    clock = _clock(chain, poses, frames)
    q, off = chain.frames(poses, clock, loads)
    loads = loads_of(body, chain.rigid, exercise, placed(chain.rigid, q))
    if pulls_sideways(exercise) and exercise.balance is not None:  # lean against the pull, once its direction is known
        for _ in range(2):
            poses = chain.poses(loads)
            clock = _clock(chain, poses, frames)
            q, off = chain.frames(poses, clock, loads)
            loads = loads_of(body, chain.rigid, exercise, placed(chain.rigid, q))
    touches, active, owners = chain.touching(clock)
    velocities, accelerations, unheld = None, None, 0.0
    if exercise.explosive and pulls_sideways(exercise):
        velocities, accelerations = _moving(chain, poses, clock, loads)
    elif exercise.explosive:
        velocities, accelerations = np.zeros_like(q), np.zeros_like(q)
        for numbers in _runs(clock):
            run = moving(chain, poses, clock, numbers, loads)
            here = np.isin(clock.phase, numbers)
            q[here], velocities[here], accelerations[here] = run.at(clock.time_s[here])
            for number in numbers:
                now = clock.phase == number
                off["contact"][now], off["balance"][now] = off_m(chain, clock.phases[number], clock.time_s[now], q[now]), 0.0
                if number != numbers[-1]:
                    poses[clock.phases[number].poses[1]] = run.at(np.array([clock.phases[number].end_s]))[0][0]
            unheld = max(unheld, float(run.unheld.max()))
        touches, active, owners = touching(chain, clock)
    written_q = poses[: len(exercise.poses)]
    missed = [chain.missed(k, pose) for k, pose in enumerate(written_q)]
    return Motion(
        exercise=exercise,
        written=written,
        body=body,
        side=side,
        time_s=clock.time_s,
        q=q,
        phase=clock.phase,
        phases=clock.phases,
        touches=touches,
        active=active,
        contacts=owners,
        loads=loads,
        load_kg=float(sum(one.body_mass_share for one in exercise.loads) * chain.rigid.mass_kg),
        velocities=velocities,
        accelerations=accelerations,
        contact_error_m=off["contact"],
        pose_error_m=np.array(chain.pose_off_m),
        missed_rad=np.array([angle for angle, _ in missed]),
        missed=tuple(name for _, name in missed),
        balance_error_m=off["balance"],
        poses=written_q,
        unheld_n=unheld,
    )


def _runs(clock: Clock) -> list[list[int]]:
    """Numbers of the phases of each movement from rest to rest: between holds; who has landed and goes back rests, too."""
    runs: list[list[int]] = [[]]
    landed = max(clock.thrown, default=len(clock.phases)) + 1
    for number, phase in enumerate(clock.phases):
        if phase.holds or (number > landed and phase.poses[1] == 0):
            runs.append([])
        if not phase.holds:
            runs[-1].append(number)
    return [run for run in runs if run]


def _moving(chain: Chain, poses: Floats, clock: Clock, loads: tuple[Load, ...]) -> tuple[Floats, Floats]:
    """(frame, coordinate) speeds and accelerations: of a spline through each phase on the ground; none in the air, which asks nothing."""
    number = np.repeat(np.arange(len(clock.phases)), _FINE)
    times = np.concatenate([np.linspace(one.start_s, one.end_s, _FINE) for one in clock.phases])
    q, _ = chain.frames(poses, replace(clock, time_s=times, phase=number), loads)
    first, second = np.zeros((clock.time_s.size, q.shape[1])), np.zeros((clock.time_s.size, q.shape[1]))
    for k, one in enumerate(clock.phases):
        here = clock.phase == k
        if one.holds or k in clock.thrown or not here.any():
            continue
        spline = CubicSpline(times[number == k], q[number == k])
        first[here], second[here] = spline(clock.time_s[here], 1), spline(clock.time_s[here], 2)
    return first, second


def _clock(chain: Chain, poses: Floats, frames: int) -> Clock:
    """Times of the frames and their phases; a jump's push and landing last as long as physics asks."""
    exercise = chain.exercise
    plan: list[tuple[str, float, bool, tuple[int, int]]] = []
    last = len(exercise.poses) - 1
    for k, pose in enumerate(exercise.poses):
        if k:
            plan += _moves(chain, pose, (k - 1, k))
        if pose.hold_s > 0:
            plan.append((pose.name, pose.hold_s, True, (k, k)))
    if exercise.returns and last > 0:
        plan += _moves(chain, exercise.poses[0], (last, 0))
    lasts, courses, flown = _jump(chain, poses, plan) if exercise.flight_s > 0 else ({}, {}, {})
    phases: list[Phase] = []
    for number, (name, seconds, holds, between) in enumerate(plan):
        start = phases[-1].end_s if phases else 0.0
        phases.append(Phase(name, start, start + lasts.get(number, seconds), holds, between))
    empty = Clock(np.zeros(0), np.zeros(0, dtype=np.int64), tuple(phases), courses, flown)
    return _at(empty, np.linspace(0.0, phases[-1].end_s, frames))


def _moves(chain: Chain, pose: Pose, ends: tuple[int, int]) -> list[tuple[str, float, bool, tuple[int, int]]]:
    """The way to a pose: at once, or by shifts of the weight."""
    return [(name, seconds, False, pair) for name, seconds, pair in chain.ways.get(ends, Way(ends)).legs(pose.name, pose.move_s)]


def _at(clock: Clock, time: Floats) -> Clock:
    ends = np.array([one.end_s for one in clock.phases])
    phase = np.minimum(np.searchsorted(ends, time - 1e-9, side="left"), len(clock.phases) - 1)
    return replace(clock, time_s=time, phase=phase)


def _jump(
    chain: Chain, poses: Floats, plan: list[tuple[str, float, bool, tuple[int, int]]]
) -> tuple[dict[int, float], dict[int, Course], dict[int, Callable[[Floats], Floats]]]:
    """Durations, courses and flight of the phases of a jump: the push before the air, the air, the landing after it."""
    contacts = [pose.contacts for pose in chain.exercise.poses]
    air = [k for k, (_, _, holds, (first, last)) in enumerate(plan) if not holds and (not contacts[first] or not contacts[last])]
    if not air or air[0] == 0 or air[-1] == len(plan) - 1 or air != list(range(air[0], air[-1] + 1)):
        raise ModelError(
            f"{chain.exercise.name}: flight_s is given, but no pose without contacts stands between a push-off and a landing; "
            "write poses low, take-off, air (contacts = []), landing, low."
        )
    total = chain.exercise.flight_s
    seconds = np.array([plan[k][1] for k in air])
    seconds = seconds / seconds.sum() * total
    start, end = chain.centre_m(poses[[plan[air[0]][3][0], plan[air[-1]][3][1]]])
    up, down = speeds(float(end[1] - start[1]), total)
    lasts = {k: float(one) for k, one in zip(air, seconds, strict=True)}
    began = np.concatenate([[0.0], np.cumsum(seconds)])
    flown = {k: _flying(start, end, total, float(began[n])) for n, k in enumerate(air)}
    courses: dict[int, Course] = {}
    for number, make, speed in ((air[0] - 1, push, up), (air[-1] + 1, landing, down)):
        name, _, holds, between = plan[number]
        way = chain.between(poses, Phase(name, 0.0, 1.0, holds, between), np.linspace(0.0, 1.0, _WAY), ())
        lasts[number], courses[number] = make(chain.centre_m(way.q)[:, 1], speed)
    return lasts, courses, flown


def _flying(start: Floats, end: Floats, total: float, began: float) -> Callable[[Floats], Floats]:
    return lambda seconds: thrown(start, end, total, began + seconds)
