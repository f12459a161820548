"""Standing on two feet or one, upright or leaning, with or without a load in the hands: postures that are in balance.

Knees straight, arms hanging, soles flat, the pelvis level. The legs lean until the mass centre, load included, lies over the middle of the
feet, or of the foot. A lean of the trunk is shared between hips and lumbar spine; by halves unless told otherwise (assumption: early in
bending the lumbar share is about 67 %, of the whole bend 37.5 %, evidence rows T0079 and T0078).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import root

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.anatomy.generic_values import value
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Touch
from hipspine.mechanics.rigid import Rigid, mass_centre, placed, points, postures
from hipspine.mechanics.rigid_loads import Weight
from hipspine.terms import Floats, Side

LEAN_DEG = (0.0, 70.0)
LOAD_KG = (0.0, 100.0)
LUMBAR_SHARE = 0.5
FREE_THIGH_RAD = np.radians(20.0)  # of the leg in the air, forward of vertical: our choice, as is the knee
FREE_KNEE_RAD = np.radians(60.0)
_HEEL, _BALL = 0.10, 0.70  # where the sole carries, as shares of the foot's length from the heel: our assumption
_HALF_WIDTH_M = 0.035  # between the outer points of the ball, half: our assumption


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A posture in balance, with what touches and what pulls."""

    q: Floats  # (1, coordinate)
    touches: tuple[Touch, ...]
    loads: tuple[Weight, ...]
    load_kg: float


def standing(
    body: BodyModel,
    *,
    on: Side | None = None,
    lean_rad: float = 0.0,
    load_kg: float = 0.0,
    lumbar_share: float = LUMBAR_SHARE,
    bend_rad: float = 0.0,
) -> Standing:
    """Standing in balance.

    Args:
        body: hipspine's own, of any person.
        on: the leg that carries, or both.
        lean_rad: of the trunk, forward from standing, 0 to 70 deg.
        load_kg: in the hanging hands, half in each, 0 to 100.
        lumbar_share: of the lean that the lumbar spine bends; the hips give the rest.
        bend_rad: of the trunk to the side, over the leg that stands; to the right on two.

    Raises:
        ModelError: a lean, load or share outside its range, or a body that cannot be brought into balance.

    >>> np.degrees(standing(BodyModel(), lean_rad=0.5).q[0, 0]).round(1).item()
    -14.3
    """
    if on is not None and on not in tuple(Side):
        raise ModelError(f"the leg to stand on is {on!r}; give Side.RIGHT or Side.LEFT, or None for both.")
    on = None if on is None else Side(on)
    _within("lean", np.degrees(lean_rad), LEAN_DEG, "degrees", "30")
    _within("load", load_kg, LOAD_KG, "kg", "20")
    _within("lumbar share", lumbar_share, (0.0, 1.0), "of the lean", "0.5")
    rigid = Rigid.of(body, limits=False)
    feet = SIDES if on is None else (on,)
    touches = tuple(touch for side in feet for touch in sole(body, side))
    loads = tuple(Weight(f"hand:{side}", load_kg / 2, _middle(rigid, f"hand:{side}")) for side in SIDES if load_kg)

    def posture(lean_of_legs: float, adduction: float) -> Floats:
        q = _posture(rigid, on, lean_rad, lumbar_share, lean_of_legs, adduction)
        q[:, rigid.coordinates.index("lumbar_bending")] = -bend_rad if on is Side.LEFT else bend_rad
        return q

    def off(unknown: Floats) -> Floats:
        q = posture(unknown[0], unknown[1] if on else 0.0)
        where = placed(rigid, q)
        under = points(rigid, where, [(touch.segment, touch.at_m) for touch in touches])[0]
        heel_to_ball = under.reshape(len(feet), 3, 3)
        middle = (heel_to_ball[:, 0] + heel_to_ball[:, 1:].mean(axis=1)).mean(axis=0) / 2
        away = _balance_point(rigid, q, loads) - middle
        return np.asarray(away[[0, 2]] if on else away[[0]])

    found = root(off, np.zeros(2 if on else 1), tol=1e-10)
    if not found.success or np.abs(off(found.x)).max() > 1e-6:
        raise ModelError(f"no balance was found with a lean of {np.degrees(lean_rad):g} deg and {load_kg:g} kg; lean less or take less.")
    q = posture(found.x[0], found.x[1] if on else 0.0)
    return Standing(postures(Rigid.of(body), q, what="standing posture"), touches, loads, float(load_kg))


def sole(body: BodyModel, side: Side) -> tuple[Touch, Touch, Touch]:
    """Where the sole of one foot carries: heel, inner and outer ball."""
    height = float(body.about.get("height_m", value("reference", "height")))
    back = value("foot", "heel:forward") * height / value("reference", "height")
    length = value("deleva", "foot:length", "male") * height / value("deleva", "stature", "male")
    down = -value("stature_share", "ankle_height") * height
    out = _HALF_WIDTH_M if side is Side.RIGHT else -_HALF_WIDTH_M
    places: tuple[Vector, ...] = ((back + _HEEL * length, down, 0.0), *((back + _BALL * length, down, z) for z in (-out, out)))
    heel, inner, outer = (Touch(f"foot:{side}", place) for place in places)
    return heel, inner, outer


def _posture(rigid: Rigid, on: Side | None, lean: float, lumbar_share: float, lean_of_legs: float, adduction: float) -> Floats:
    pelvis = lean * (1 - lumbar_share)
    angles = {
        "pelvis_tilt": -pelvis,
        "lumbar_flexion": lean * lumbar_share,
        "shoulder_flexion": lean,
        "hip_flexion": pelvis + lean_of_legs,
        "ankle_dorsiflexion": -lean_of_legs,
    }
    if on:
        free = on.other
        angles |= {f"{name}:{on}": angles.pop(name) for name in ("hip_flexion", "ankle_dorsiflexion")}
        angles |= {f"hip_adduction:{on}": adduction, f"hip_flexion:{free}": pelvis + FREE_THIGH_RAD, f"knee_flexion:{free}": FREE_KNEE_RAD}
    return postures(rigid, angles)


def _balance_point(rigid: Rigid, q: Floats, loads: tuple[Weight, ...]) -> Floats:
    """(3,) mass centre of body and loads."""
    centre, mass = mass_centre(rigid, q)[0], rigid.mass_kg
    if not loads:
        return np.asarray(centre)
    at = points(rigid, placed(rigid, q), [(load.segment, load.at_m) for load in loads])[0]
    weights = np.array([load.mass_kg for load in loads])
    return np.asarray((mass * centre + weights @ at) / (mass + weights.sum()))


def _middle(rigid: Rigid, segment: str) -> Vector:
    return rigid.tree[rigid.segment(segment)].segment.mass_centre_m


def _within(name: str, given: float, limits: tuple[float, float], unit: str, example: str) -> None:
    low, high = limits
    if not (np.isfinite(given) and low - 1e-9 <= given <= high + 1e-9):
        raise ModelError(f"the {name} is {given:g} {unit}; give {low:g} to {high:g} {unit}, such as {example}.")
