"""The lumbar spine with its levels apart: what muscles must balance at each disc, not in the sum over all of them.

A posture bends the lumbar spine as a whole: each disc follows by its share. Loads do not: the moment of what is carried grows towards the
sacrum. Balanced as one, a moment is the mean of the levels by their shares in the bend, and the lowest disc gets up to a quarter too
little. So load sharing lets each disc turn by itself, about the posture that the shares give.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.mechanics.rigid import Rigid
from hipspine.mechanics.rigid_curves import Driver, followed
from hipspine.terms import Floats

LOWEST = "L5_S1"
LUMBAR = ("lumbar_flexion", "lumbar_bending", "lumbar_rotation")


@lru_cache(maxsize=8)
def apart(body: BodyModel) -> BodyModel:
    """The same body with its discs free to turn one by one; the body itself where no disc follows the whole spine."""
    shared = {one.follows[0] for one in body.coordinates if one.follows is not None and one.follows[0] in LUMBAR}
    moved = {motion.coordinate for joint in body.joints for motion in joint.motions}
    if not shared or shared & moved:
        return body
    free = [replace(one, follows=None) if one.follows is not None and one.follows[0] in shared else one for one in body.coordinates]
    return replace(body, coordinates=tuple(one for one in free if one.name not in shared))


def moved_apart(
    body: BodyModel, whole: Rigid, levels: Rigid, q: Floats, velocities: Floats, accelerations: Floats
) -> tuple[Floats, Floats, Floats]:
    """(posture, coordinate of ``levels``) postures, speeds and accelerations with the discs apart, as the shares give them.

    Args:
        body: as it was given.
        whole, levels: made of it, and of what `apart` makes of it.
        q, velocities, accelerations: (posture, coordinate of ``whole``).
    """
    if whole.coordinates == levels.coordinates:
        return q, velocities, accelerations
    follows = {one.name: one.follows for one in body.coordinates}
    leaders = [(name, ()) if (led := follows[name]) is None else (led[0], (led[1],)) for name in levels.coordinates]
    at = np.array([whole.coordinates.index(name) for name, _ in leaders])
    drivers = [Driver(int(column), curves) for column, (_, curves) in zip(at, leaders, strict=True)]
    value, slope, bend = (np.stack(part, axis=-1) for part in zip(*(followed(one, q) for one in drivers), strict=True))
    speed = velocities[:, at]
    return value, slope * speed, slope * accelerations[:, at] + bend * speed**2
