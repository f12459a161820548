"""A body whose joints may give way: what a lock against that holds is the joint's force, by another road."""

from collections.abc import Sequence
from dataclasses import replace

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Motion

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def with_slides(body: BodyModel, joints: Sequence[str]) -> BodyModel:
    """The same body whose ``joints`` may give way along three axes of the segment before them, ``joint/0`` to ``joint/2``."""
    free = Curve(Course.LINEAR, (1.0, 0.0))
    more = {name: tuple(Motion(axis, free, f"{name}/{k}", False) for k, axis in enumerate(AXES)) for name in joints}
    extra = tuple(Coordinate(motion.coordinate or "", -1.0, 1.0, is_length=True) for motions in more.values() for motion in motions)
    return replace(
        body,
        joints=tuple(replace(joint, motions=(*joint.motions, *more.get(joint.name, ()))) for joint in body.joints),
        coordinates=(*body.coordinates, *extra),
    )
