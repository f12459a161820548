"""What must hold in a posture of an exercise, as rows: contacts that stay, hands where they belong, weight over the feet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.errors import ModelError
from hipspine.exercises.exercise import Base, Contact, Exercise, Surface
from hipspine.exercises.places import points_of, stays
from hipspine.exercises.rows import BALANCES, HOLDS, RESTS, STAYS, Row, middle, minus
from hipspine.mechanics.rigid import Placed, Point, Rigid, placed, points
from hipspine.terms import Floats, Side

FEET = ("sole", "forefoot", "heel")
PARTS_OF_SOLE = ("heel", "forefoot")  # in the order of the sole's points that stay
HANDS: Mapping[str, tuple[str, Vector] | str] = {
    "free": "where the shoulder and elbow angles put them",
    "hang": "straight down from the shoulders",
    "forward": "level with the shoulders, in front",
    "overhead": "straight up from the shoulders",
    "bar-back": ("thorax", (-0.03, 0.25, 0.3)),
    "bar-front": ("thorax", (0.14, 0.27, 0.17)),
    "bar-pelvis": ("pelvis", (0.08, -0.04, 0.2)),
    "on-hips": ("pelvis", (-0.02, 0.06, 0.16)),
    "chest": ("thorax", (0.17, 0.13, 0.05)),
    "crossed": ("thorax", (0.21, 0.19, -0.02)),
    "head": ("thorax", (0.02, 0.46, 0.14)),
    "together": ("thorax", (0.42, 0.16, 0.03)),
    "on-knee": ("thigh", (0.06, -0.37, 0.0)),
}
"""Where hands may be; a name for each side may be given as ``working/other``."""

Pins = Mapping[tuple[Contact, int], Floats]
"""Where the middle of each group of points of a contact stays, in the room; known from the pose that it begins in."""


def contact_rows(body: BodyModel, contacts: Iterable[Contact], surfaces: Mapping[str, Surface], pins: Pins) -> list[Row]:
    """Places on their surfaces; those whose pin is known also stay along it."""
    rows: list[Row] = []
    for contact in contacts:
        surface = surfaces[contact.surface]
        at = points_of(body, contact.place, contact.side)
        strength, what = (RESTS, "resting") if contact.rests else (STAYS, "contact")
        groups = stays(contact.place, len(at))
        ends = {k for group in groups for k in group}
        rows += [Row(middle([at[k] for k in group]), surface.normal, surface.offset_m, strength, what) for group in groups]
        if len(groups) == 1 and len(ends) > 1 and not contact.place.endswith("foot"):  # a broad place lies flat
            rows += [Row(((at[k], 1.0),), surface.normal, surface.offset_m, min(strength, HOLDS), "resting") for k in sorted(ends)]
        for number, group in enumerate(groups):
            pin = pins.get((contact, number))
            if pin is None or contact.rests:
                continue
            axes = _along(surface.normal)
            if contact.slides:  # on rails and the floor fore and aft, not to the side; on a seat or a pad any way
                axes = axes[1:] if surface.kind in ("carriage", "rail", "floor") else []
            rows += [Row(middle([at[k] for k in group]), axis, float(np.dot(axis, pin)), STAYS, "contact") for axis in axes]
    return rows


def pinned(body: BodyModel, rigid: Rigid, where: Placed, contacts: Iterable[Contact]) -> dict[tuple[Contact, int], Floats]:
    """Where the contacts of a single posture are."""
    found: dict[tuple[Contact, int], Floats] = {}
    for contact in contacts:
        at = points_of(body, contact.place, contact.side)
        places = points(rigid, where, at)[0]
        for number, group in enumerate(stays(contact.place, len(at))):
            found[contact, number] = places[list(group)].mean(axis=0)
        if contact.place == "sole":  # the heel may rise, or the ball, and the other stays where it was
            found[replace(contact, place="heel"), 0] = found[contact, 0]
            found[replace(contact, place="forefoot"), 0] = found[contact, 1]
        elif contact.place in PARTS_OF_SOLE:
            found[replace(contact, place="sole"), PARTS_OF_SOLE.index(contact.place)] = found[contact, 0]
    return found


def shared(first: Sequence[Contact], last: Sequence[Contact]) -> tuple[Contact, ...]:
    """What touches all the way from one pose to the next; of a sole that comes down or rises, the part that both have."""
    found = []
    for one in last:
        if one in first or (one.place in PARTS_OF_SOLE and replace(one, place="sole") in first):
            found.append(one)
        elif one.place == "sole":
            found += [part for part in (replace(one, place=place) for place in PARTS_OF_SOLE) if part in first]
    return tuple(found)


def hand_rows(body: BodyModel, hands: str) -> list[Row]:
    """Where the hands are.

    Raises:
        ModelError: there is no such place for hands.
    """
    rows: list[Row] = []
    working, _, other = hands.partition("/")
    for side, name in ((Side.RIGHT, working), (Side.LEFT, other or working)):
        if name not in HANDS:
            raise ModelError(f"hands are {name!r}; they may be {', '.join(HANDS)}, or working/other.")
        grip, shoulder = points_of(body, "grip", side)[0], (f"upper_arm:{side}", (0.0, 0.0, 0.0))
        target = HANDS[name]
        if isinstance(target, tuple):
            segment, (x, y, z) = target
            out = z if side is Side.RIGHT else -z
            held: Point = (f"{segment}:{side}" if segment == "thigh" else segment, (x, y, out))
            rows += [_apart(grip, held, axis, HOLDS, "holding") for axis in np.eye(3)]
        elif name in ("hang", "overhead"):
            rows += [_apart(grip, shoulder, axis, HOLDS) for axis in np.eye(3)[[0, 2]]]
        elif name == "forward":
            rows += [_apart(grip, shoulder, axis, HOLDS) for axis in np.eye(3)[[1, 2]]]
    return rows


def balance_rows(
    rigid: Rigid,
    body: BodyModel,
    exercise: Exercise,
    contacts: Sequence[Contact],
    weights: Sequence[tuple[Point, float]],
    *,
    on_right: float | None = None,
    on_ball: float = 0.5,
) -> list[Row]:
    """The mass centre, loads included, over the feet: fore-aft and sideways; none where nothing has to be balanced.

    Args:
        weights: point and mass of each load that hangs on the body.
        on_right: share of the weight on the right foot, where both touch; the exercise's own unless given.
        on_ball: share of the weight of a sole on its ball; the rest is on the heel.
    """
    feet = [one for one in contacts if one.place in FEET and not one.rests]
    if exercise.balance is None or not feet or len(feet) < sum(not one.rests for one in contacts):
        return []
    centre = mass_centre_parts(rigid, weights)
    right = exercise.balance if on_right is None else on_right
    share = {Side.RIGHT: right, Side.LEFT: 1.0 - right} if len(feet) == 2 else {feet[0].side or Side.RIGHT: 1.0}
    under: list[tuple[Point, float]] = []
    for foot in feet:
        at = points_of(body, foot.place, foot.side)
        groups = stays(foot.place, len(at))
        if exercise.flight_s > 0:  # whoever is about to jump stands over the balls of the feet, where the push-off ends
            groups = groups[-1:]
        parts = (1.0 - on_ball, on_ball) if len(groups) == 2 else (1.0,)
        under += [
            (at[k], share[foot.side or Side.RIGHT] * part / len(group)) for part, group in zip(parts, groups, strict=True) for k in group
        ]
    return [Row((*centre, *minus(under)), axis, 0.0, BALANCES, "balance") for axis in ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))]


def line_row(rigid: Rigid, body: BodyModel, contacts: Sequence[Contact], weights: Sequence[tuple[Point, float]], q: Floats) -> list[Row]:
    """The mass centre over the line between two places that alone carry the body, such as a knee and the opposite hand.

    Args:
        q: (coordinate,) a posture near the one that is sought; it says which way the line runs.
    """
    bearing = [one for one in contacts if not one.rests]
    if len(bearing) != 2:
        return []
    ends = [points_of(body, one.place, one.side) for one in bearing]
    where = placed(rigid, q[None])
    first, second = (points(rigid, where, end)[0].mean(axis=0) for end in ends)
    along = (second - first) * np.array([1.0, 0.0, 1.0])
    length = float(np.linalg.norm(along))
    if length < 0.2:
        return []
    across = (float(-along[2] / length), 0.0, float(along[0] / length))
    return [Row((*mass_centre_parts(rigid, weights), *minus(middle(ends[0]))), across, 0.0, BALANCES, "balance")]


def mass_centre_parts(rigid: Rigid, weights: Sequence[tuple[Point, float]] = ()) -> tuple[tuple[Point, float], ...]:
    """The mass centre of a body and of weights that hang on it, as a sum of points."""
    links = [(link.segment.name, link.segment) for link in rigid.tree if link.segment.mass_kg > 0]
    masses = [*(((name, one.mass_centre_m), one.mass_kg) for name, one in links), *weights]
    whole = sum(mass for _, mass in masses)
    return tuple((point, mass / whole) for point, mass in masses)


def base_angles(base: Base) -> dict[str, float]:
    """Which way the trunk looks and the arms lie where an exercise says nothing else [rad]."""
    turn = {
        Base.SUPINE: {"pelvis_tilt": 90.0, "shoulder_flexion": 5.0, "shoulder_adduction": -20.0},
        Base.PRONE: {"pelvis_tilt": -90.0, "shoulder_flexion": 150.0, "elbow_flexion": 60.0, "shoulder_adduction": -20.0},
        Base.SIDE: {"pelvis_list": -90.0, "shoulder_flexion:left": 150.0, "elbow_flexion:left": 30.0,
                    "shoulder_flexion:right": 40.0, "elbow_flexion:right": 80.0},
        Base.QUADRUPED: {"pelvis_tilt": -90.0, "hip_flexion": 90.0, "knee_flexion": 90.0, "shoulder_flexion": 90.0},
        Base.PLANK: {"pelvis_tilt": -85.0, "shoulder_flexion": 85.0},
        Base.SIDE_PLANK: {"pelvis_list": -70.0, "shoulder_adduction:left": -75.0},
        Base.SEATED: {"hip_flexion": 90.0, "knee_flexion": 90.0},
        Base.HALF_KNEEL: {"hip_flexion:right": 90.0, "knee_flexion:right": 90.0, "knee_flexion:left": 90.0},
        Base.KNEEL: {"knee_flexion": 90.0},
        Base.HANG: {"shoulder_flexion": 175.0},
    }.get(base, {})  # fmt: skip
    return {name: float(np.radians(angle)) for name, angle in turn.items()}


def _apart(of: Point, other: Point, axis: Iterable[float], strength: float, what: str = "hands") -> Row:
    x, y, z = (float(one) for one in axis)
    return Row(((of, 1.0), (other, -1.0)), (x, y, z), 0.0, strength, what)


def _along(normal: Vector) -> list[Vector]:
    """Two axes along a surface: first fore and aft (up and down on a wall), then to the side."""
    n = np.asarray(normal)
    first = np.array([1.0, 0.0, 0.0]) if abs(n[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    first = first - n * (first @ n)
    first /= np.linalg.norm(first)
    second = np.cross(first, n)
    return [(float(a[0]), float(a[1]), float(a[2])) for a in (first, second)]
