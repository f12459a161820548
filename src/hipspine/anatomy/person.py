"""The generic adult made to one person's size: height, mass, sex, width of the pelvis.

Lengths go with height, the pelvis's breadth with its width, masses with body mass in the shares of the sex (de Leva 1996), muscle forces
with body mass to the power 2/3, as in similar bodies; fibres and tendons keep their share of their line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hipspine.anatomy import generic_skeleton
from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Joint, MuscleLine, PathPoint, Vector, Wrap
from hipspine.anatomy.generic_skeleton import PELVIS, SACRUM
from hipspine.anatomy.generic_values import ALL, SEXES, value
from hipspine.anatomy.gluteus_maximus import LineField, harmonics
from hipspine.errors import ModelError
from hipspine.terms import Floats

HEIGHT_M = (1.2, 2.3)
MASS_KG = (25.0, 300.0)
MASS_PER_HEIGHT2 = (10.0, 90.0)  # [kg/m^2]
PELVIS_WIDTH_M = (0.15, 0.40)
_DEGREE = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3])  # of the harmonics of a line field


@dataclass(frozen=True, slots=True)
class Person:
    """Size of one adult.

    Raises:
        ModelError: a value that no adult has, or that is not a number.

    >>> Person(height_m=1.82, mass_kg=80.0, sex="female").pelvis_width_m is None
    True
    """

    height_m: float = 1.75
    mass_kg: float = 75.0
    sex: str | None = None  # female, male; None: the mean of both
    pelvis_width_m: float | None = None  # between the anterior superior iliac spines; None: in proportion to height

    def __post_init__(self) -> None:
        _within("height_m", self.height_m, HEIGHT_M, "a height in metres", "1.75")
        _within("mass_kg", self.mass_kg, MASS_KG, "a body mass in kilograms", "75")
        if self.pelvis_width_m is not None:
            _within(
                "pelvis_width_m",
                self.pelvis_width_m,
                PELVIS_WIDTH_M,
                "the distance between the front spines of the pelvis in metres",
                "0.24",
            )
        if self.sex is not None and self.sex not in SEXES:
            raise ModelError(f"sex is {self.sex!r}; give {' or '.join(SEXES)}, or leave it out for the mean of both.")
        low, high = MASS_PER_HEIGHT2
        index = self.mass_kg / self.height_m**2
        if not low <= index <= high:
            raise ModelError(
                f"mass_kg is {self.mass_kg:g} at a height_m of {self.height_m:g}, which makes {index:.0f} kg/m2; "
                f"give a mass between {low * self.height_m**2:.0f} and {high * self.height_m**2:.0f} kg for this height."
            )


def scaled(body: BodyModel, person: Person) -> BodyModel:
    """The generic adult in the size of one person.

    Lines and fields of ``body`` are kept, whatever their forces; its segments, joints and coordinates must be those that hipspine ships.

    Raises:
        ModelError: the body is not the generic adult, or it has been scaled before.

    >>> round(sum(one.mass_kg for one in scaled(BodyModel(), Person(mass_kg=60.0)).segments), 9)
    60.0
    """
    _look_at(body)
    longer = person.height_m / value("reference", "height")
    wider = longer if person.pelvis_width_m is None else person.pelvis_width_m / value("reference", "asis_distance")
    stronger = (person.mass_kg / value("reference", "body_mass")) ** value("scaling", "force_exponent")
    factor = {one.name: _factor(one.name, longer, wider) for one in body.segments}
    before, after = _starts(body.joints, {}), _starts(body.joints, factor)
    about = {"height_m": f"{person.height_m:g}", "mass_kg": f"{person.mass_kg:g}", "sex": person.sex or "not given"}
    if person.pelvis_width_m is not None:
        about["pelvis_width_m"] = f"{person.pelvis_width_m:g}"
    return replace(
        body,
        name=f"{body.name}, {person.height_m:g} m, {person.mass_kg:g} kg",
        segments=generic_skeleton.segments(sex=person.sex or ALL, mass_kg=person.mass_kg, longer=longer),
        joints=tuple(_joint(one, factor) for one in body.joints),
        lines=tuple(_line(one, factor, before, after, stronger) for one in body.lines),
        wraps=tuple(_wrap(one, factor, longer) for one in body.wraps),
        fields=tuple(_field(one, longer, wider, stronger) for one in body.fields),
        about={**body.about, **about},
    )


def _within(name: str, given: float, limits: tuple[float, float], meaning: str, example: str) -> None:
    low, high = limits
    number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
    if not number or not low <= given <= high:  # NaN is not, either
        raise ModelError(f"{name} is {given!r}; give {meaning} between {low:g} and {high:g}, such as {example}.")


def _look_at(body: BodyModel) -> None:
    shipped = {one.name for one in generic_skeleton.joints()}
    if {one.name for one in body.joints} != shipped or {one.name for one in body.segments} != set(generic_skeleton.joint_centres()):
        raise ModelError(f"the body {body.name!r} is not the generic adult of hipspine; only that one is scaled to a person.")
    if "height_m" in body.about:
        raise ModelError(f"the body {body.name!r} was scaled to a person before; start from the generic adult, BodyModel().")


def _factor(segment: str, longer: float, wider: float) -> Floats:
    """(3,) factors of a segment along x, y, z."""
    return np.array([longer, longer, wider if segment in (PELVIS, SACRUM) else longer])


def _starts(joints: tuple[Joint, ...], factor: Mapping[str, Floats]) -> dict[str, Floats]:
    """(3,) where each segment begins in standing; frames are parallel then, and parents stand before their children."""
    found = {generic_skeleton.GROUND: np.zeros(3)}
    for joint in joints:
        found[joint.child] = found[joint.parent] + np.array(joint.parent_position) * factor.get(joint.parent, 1.0)
    return found


def _joint(joint: Joint, factor: Mapping[str, Floats]) -> Joint:
    return replace(joint, parent_position=_scaled(joint.parent_position, factor.get(joint.parent, np.ones(3))))


def _line(
    line: MuscleLine, factor: Mapping[str, Floats], before: Mapping[str, Floats], after: Mapping[str, Floats], stronger: float
) -> MuscleLine:
    points = tuple(replace(one, position_m=_scaled(one.position_m, factor[one.segment])) for one in line.points)
    longer = _length(points, after) / _length(line.points, before)
    return replace(
        line,
        points=points,
        max_force_n=line.max_force_n * stronger,
        optimal_fibre_m=line.optimal_fibre_m * longer,
        tendon_slack_m=line.tendon_slack_m * longer,
    )


def _length(points: tuple[PathPoint, ...], start: Mapping[str, Floats]) -> float:
    """Length of the straight way through the points in standing [m]."""
    seen = [start[one.segment] + np.array(one.position_m) for one in points]
    return float(sum(np.linalg.norm(b - a) for a, b in pairwise(seen)))


def _wrap(wrap: Wrap, factor: Mapping[str, Floats], longer: float) -> Wrap:
    return replace(wrap, position_m=_scaled(wrap.position_m, factor[wrap.segment]), size_m=_scaled(wrap.size_m, np.full(3, longer)))


def _field(field: LineField, longer: float, wider: float, stronger: float) -> LineField:
    """A line field of the person: its polynomial by powers of the length; what a wider pelvis adds to |A| adds to the squared length."""
    origin = field.origin_m * np.array([longer, longer, wider])
    coefficients = field.coefficients_m2 * longer ** (2 - _DEGREE)
    coefficients[:, 0] += (origin**2).sum(axis=1) - longer**2 * (field.origin_m**2).sum(axis=1)
    ratio = _standing(origin, coefficients) / _standing(field.origin_m, field.coefficients_m2)
    return replace(
        field,
        origin_m=origin,
        coefficients_m2=coefficients,
        max_force_n=field.max_force_n * stronger,
        optimal_fibre_m=field.optimal_fibre_m * ratio,
        slack_m=field.slack_m * ratio,
        knee_end_m=field.knee_end_m * longer,
        tibia_end_m=field.tibia_end_m * longer,
        knee_centre_m=field.knee_centre_m * longer,
    )


def _standing(origin: Floats, coefficients: Floats) -> Floats:
    """(line,) lengths with all angles at 0 [m]."""
    return np.asarray(np.sqrt(np.einsum("lt,lt->l", harmonics(origin), coefficients)))


def _scaled(at: Vector, factor: Floats) -> Vector:
    x, y, z = (float(one) for one in np.array(at) * factor)
    return x, y, z
