"""An exercise for the other side: its mirror."""

from collections.abc import Mapping
from dataclasses import replace

from hipspine.anatomy.body_parts import Vector
from hipspine.exercises.exercise import Contact, Exercise, LoadSpec, Pose, Surface
from hipspine.terms import Side

TURNED = ("pelvis_list", "pelvis_rotation", "pelvis_tz", "lumbar_bending", "lumbar_rotation")
"""Coordinates that change their sign in a mirror; those of a limb change sides instead."""


def mirrored(exercise: Exercise) -> Exercise:
    """The same exercise with the left side working."""
    return replace(
        exercise,
        poses=tuple(_pose(one) for one in exercise.poses),
        loads=tuple(_load(one) for one in exercise.loads),
        surfaces={name: _surface(one) for name, one in exercise.surfaces.items()},
        mirrored=not exercise.mirrored,
        balance=None if exercise.balance is None else 1.0 - exercise.balance,
    )


def mirrored_angles(angles: Mapping[str, float]) -> dict[str, float]:
    """Angles by coordinate, of the mirrored posture."""
    return {_name(name): -angle + 0.0 if name in TURNED else angle for name, angle in angles.items()}


def _pose(pose: Pose) -> Pose:
    angles = mirrored_angles(pose.angles_rad)
    working, _, other = pose.hands.partition("/")
    return replace(
        pose,
        angles_rad=angles,
        contacts=tuple(_contact(one) for one in pose.contacts),
        hands=f"{other}/{working}" if other else working,
        travel_m=(pose.travel_m[0], -pose.travel_m[1] + 0.0),
        weight_on_working=None if pose.weight_on_working is None else 1.0 - pose.weight_on_working,
    )


def _contact(contact: Contact) -> Contact:
    return replace(contact, side=None if contact.side is None else contact.side.other)


def _load(load: LoadSpec) -> LoadSpec:
    return replace(
        load,
        at=_name(load.at),
        anchor_m=None if load.anchor_m is None else _vector(load.anchor_m),
        anchor_place=None if load.anchor_place is None else _name(load.anchor_place),
        direction=None if load.direction is None else _vector(load.direction),
    )


def _surface(surface: Surface) -> Surface:
    return replace(surface, normal=_vector(surface.normal))


def _vector(vector: Vector) -> Vector:
    return vector[0], vector[1], -vector[2] + 0.0


def _name(name: str) -> str:
    start, colon, side = name.partition(":")
    return f"{start}:{Side(side).other}" if colon else name
