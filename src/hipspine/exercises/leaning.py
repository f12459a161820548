"""How pelvis and trunk of a pose would stand at least effort: angles that an author may write into the file of an exercise.

Searched once, by the author, never while a demand is worked out: a search takes many postures, and what a file says is what the figure
shows. Muscles alone would tip the pelvis and the trunk far over the leg that stands; a habit holds them near to what is written. Least
effort is no law: on one leg it raises the free side of the pelvis, as people do; in a squat on one leg people let it drop (sources stand in
the files of both exercises). Where people were measured, write what was measured.
"""

from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.exercises.chain import Chain, touch_of
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.loading import loads_of
from hipspine.exercises.places import points_of
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.frontal import least_effort
from hipspine.mechanics.resting import resting
from hipspine.mechanics.rigid import placed
from hipspine.terms import Floats

FREE = ("pelvis_list", "lumbar_bending", "pelvis_rotation")
BOUNDS = tuple((float(np.radians(-15.0)), float(np.radians(15.0))) for _ in FREE)
HABIT = 4.0
"""Cost of going to a bound, in costs of the start. On one leg the free side of the pelvis then rises by 2 degrees (with 2 by 4, with 0.3 by
10): it does in people (Kunita 2011, abstract: the pelvis inclines towards the leg that stands), and hardly more, for the line of the pelvis
on the femur is 83 +/- 3 degrees in 90 people (Youdas 2007, DOI 10.1123/jsr.16.4.326, abstract). In our body a level pelvis gives 81 or 85,
one raised by 2 degrees 83 or 88, as the goniometer starts at the front of the pelvis or at the hip. Chosen from that, not from EMG."""


@dataclass(frozen=True, slots=True)
class Lean:
    """A pose at least effort."""

    pose: str
    written_deg: dict[str, float]  # of `FREE`; 0 where the file says nothing
    found_deg: dict[str, float]
    cost_share: float  # of the cost of the pose as it is written
    hip_bw: tuple[float, float]  # larger of both hips' contact forces: as written, as found
    at_bounds: tuple[str, ...]  # angles that would have gone on


def lean(exercise: Exercise, pose: int, *, body: BodyModel | None = None, habit: float = HABIT, most: int = 80) -> Lean:
    """List and rotation of the pelvis and side-bend of the trunk that cost the muscles least in one pose.

    Args:
        exercise: as read from its file.
        pose: number of the pose, from 0.
        body: the generic adult unless given.
        habit: see `hipspine.mechanics.frontal.least_effort`.
        most: postures to solve, about.

    Raises:
        ModelError: no such pose, nothing touches in it, or loads that are given as an effort.
    """
    if not 0 <= pose < len(exercise.poses):
        raise ModelError(f"{exercise.name} has {len(exercise.poses)} poses; there is none with number {pose}.")
    of, body = exercise.poses[pose], BodyModel() if body is None else body
    if not of.contacts or any(one.effort for one in exercise.loads):
        raise ModelError(
            f"{exercise.name}: in the pose {of.name!r} nothing touches or the load is given as an effort; nothing is searched."
        )
    start = np.array([of.angles_rad.get(name, 0.0) for name in FREE])

    def posture(numbers: Floats) -> Floats:
        angles = {**of.angles_rad, **{name: float(angle) for name, angle in zip(FREE, numbers, strict=True)}}
        poses = tuple(replace(one, angles_rad=angles) if k == pose else one for k, one in enumerate(exercise.poses[: pose + 1]))
        return Chain(replace(exercise, poses=poses), body).poses(())[pose : pose + 1]

    chain, q = Chain(exercise, body), posture(start)
    owners = [(contact, point) for contact in of.contacts for point in points_of(body, contact.place, contact.side)]
    touches = resting(chain.rigid, q, [touch_of(exercise, one, *point) for one, point in owners], [one.rests for one, _ in owners])
    loads = loads_of(body, chain.rigid, exercise, placed(chain.rigid, q))
    bounds = [(min(low, first), max(high, first)) for (low, high), first in zip(BOUNDS, start, strict=True)]
    found = least_effort(body, posture, bounds=bounds, touches=touches, loads=loads, start=start, habit=habit, most=most)
    hips = [float(carried(body, one, touches=touches, loads=loads).hip_bw[0].max()) for one in (q, posture(found.numbers))]
    return Lean(
        of.name,
        dict(zip(FREE, np.degrees(start).tolist(), strict=True)),
        dict(zip(FREE, np.degrees(found.numbers).tolist(), strict=True)),
        found.cost / found.cost_before,
        (hips[0], hips[1]),
        tuple(name for name, edge in zip(FREE, found.at_bounds, strict=True) if edge),
    )
