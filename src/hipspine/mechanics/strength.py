"""How strong people are about a joint: measured isometric torque by angle, for one person's size and sex.

The rows stand in evidence/data/strength.csv, each with its study and where it was read. They say how much of a joint's strength a moment
takes. That is a load, not an activation: it is used for shoulders and elbows, of which this body has hardly any muscles, and beside the
capacity of its muscles elsewhere (tests/test_strength.py).

Four forms: a cosine of the angle times body weight and height (Anderson 2007: hip, knee, ankle in the sagittal plane), a regression on
age, height and mass (Harbo 2012), torque per kilogram, and plain torque, which grows with body mass as forces do (power 2/3). Where only
one sex was measured, its rows serve both; shoulders of women count half of those of men (shoulder_flexion1994).
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hipspine.anatomy.generic_values import SEXES, value
from hipspine.anatomy.person import Person
from hipspine.errors import ModelError
from hipspine.evidence.tables import Published, load
from hipspine.mechanics.rigid import GRAVITY_M_S2
from hipspine.terms import Floats

AGE_YEARS = 30.0  # our assumption where nobody said the age
NINETY = 1.645  # standard deviations of a normal spread that hold 90 %
LEAST = 0.25  # of a curve's height: no joint is weaker at any angle, where the cosine would fall below; our assumption
MEDX_STANDING_RAD = np.radians(20.0)  # the back machine counts from full extension, we from standing: our assumption of the way between
DIRECTIONS = {  # coordinate: towards plus, towards minus
    "hip_flexion": ("flexion", "extension"),
    "hip_adduction": ("adduction", "abduction"),
    "hip_rotation": ("internal_rotation", "external_rotation"),
    "knee_flexion": ("flexion", "extension"),
    "ankle_dorsiflexion": ("dorsiflexion", "plantar_flexion"),
    "lumbar_flexion": ("flexion", "extension"),
    "lumbar_rotation": ("rotation", "rotation"),
    "shoulder_flexion": ("flexion", "extension"),
    "shoulder_adduction": ("adduction", "abduction"),
    "shoulder_rotation": ("internal_rotation", "external_rotation"),
    "elbow_flexion": ("flexion", "extension"),
}
_LEADING = {  # the study whose rows are used where there are several
    ("hip_adduction", "abduction"): "sugimoto2014",
    ("hip_adduction", "adduction"): "soccer_hip2024",
    ("hip_rotation", "internal_rotation"): "hip_isometric30",
    ("hip_rotation", "external_rotation"): "hip_isometric30",
    ("lumbar_flexion", "extension"): "lumbar_isometric1997",
    ("lumbar_flexion", "flexion"): "beimborn1988",
    ("lumbar_rotation", "rotation"): "ragdoll_note",
    ("shoulder_flexion", "flexion"): "shoulder_flexion1994",
    ("shoulder_flexion", "extension"): "shoulder_normal1985",
    ("shoulder_rotation", "internal_rotation"): "kentel2011",
    ("shoulder_rotation", "external_rotation"): "kentel2011",
    **{("shoulder_adduction", word): "harbo2012" for word in ("adduction", "abduction")},
    **{("elbow_flexion", word): "harbo2012" for word in ("flexion", "extension")},
}
_CURVES = "anderson2007"
_ONE_ATHLETE_KG = 69.6  # of the person of kentel2011's rows
_ELITE = "elite, dominant leg"
_COMPARED = ("women_over_men", "share_holding_the_arm")


class Strength(NamedTuple):
    """Largest isometric torque about a joint, and the range of 90 % of people of that size."""

    value_nm: Floats  # of the shape of the angles
    low_nm: Floats
    high_nm: Floats
    source: str  # key of the study in references.csv


def joint_strength(
    coordinate: str, direction: float, angle_rad: ArrayLike = 0.0, person: Person | None = None, *, age_years: float = AGE_YEARS
) -> Strength:
    """Measured strength of a joint at angles, for a person.

    Args:
        coordinate: ours, with a side or without, such as ``shoulder_flexion:left``.
        direction: above 0 for torque towards plus of the coordinate, below 0 for torque towards minus.
        angle_rad: of that coordinate, any shape; outside the measured angles the nearest one counts, and a curve keeps a quarter of its
            height. Where a study gives one value only, the angle changes nothing.
        person: the adult of 75 kg, 1.75 m and no sex given unless said; without sex the mean of women and men.
        age_years: counts where the study has it (Harbo 2012).

    Raises:
        ModelError: a joint or direction that no row is about, or an angle, direction or age that is no finite number.

    >>> elbow = joint_strength("elbow_flexion:right", +1, 0.0, Person(sex="male"))
    >>> elbow.value_nm.round().item(), elbow.source
    (49.0, 'harbo2012')
    """
    word = _word(coordinate, direction)
    angle, person = np.asarray(angle_rad, dtype=np.float64), person or Person()
    if not np.isfinite(angle).all() or not np.isfinite(age_years):
        raise ModelError(f"the angle of {coordinate!r} or the age is not finite; give finite numbers [rad], [years].")
    name = coordinate.partition(":")[0]
    sexes = SEXES if person.sex is None else (person.sex,)
    both = [_of_sex(name, word, angle, person, sex, age_years) for sex in sexes]
    middle, spread = (sum(one[k] for one in both) / len(both) for k in (0, 1))
    source = _LEADING.get((name, word), _CURVES)
    return Strength(np.asarray(middle), np.asarray(middle * np.exp(-NINETY * spread)), np.asarray(middle * np.exp(NINETY * spread)), source)


def share_of_strength(
    moment_nm: ArrayLike, coordinate: str, angle_rad: ArrayLike = 0.0, person: Person | None = None
) -> tuple[Floats, Floats, Floats]:
    """What share of a joint's measured strength moments take, 0 or more: middle, low (strong people) and high (weak people).

    Args:
        moment_nm: that must be held, + towards plus of the coordinate; any shape that goes with the angles.
        coordinate, angle_rad, person: as `joint_strength`.

    >>> [round(one.item(), 2) for one in share_of_strength(-20.0, "shoulder_adduction:left", 0.0, Person(sex="female"))]
    [0.41, 0.27, 0.62]
    """
    moment = np.asarray(moment_nm, dtype=np.float64)
    if not np.isfinite(moment).all():
        raise ModelError(f"a moment about {coordinate!r} is not finite; give finite numbers [N m].")
    plus, minus = (joint_strength(coordinate, sign, angle_rad, person) for sign in (1, -1))
    middle, low, high = (np.abs(moment) / np.where(moment >= 0, plus[k], minus[k]) for k in (0, 2, 1))
    return middle, low, high


def _word(coordinate: str, direction: float) -> str:
    name = coordinate.partition(":")[0]
    if name not in DIRECTIONS:
        raise ModelError(f"no measured strength about {coordinate!r} is known; there is one about {', '.join(DIRECTIONS)}.")
    if not np.isfinite(direction) or direction == 0:
        raise ModelError(f"the direction of strength about {coordinate!r} is {direction!r}; give 1 towards plus or -1 towards minus.")
    return DIRECTIONS[name][0 if direction > 0 else 1]


@cache
def _rows(name: str, word: str, sex: str) -> tuple[Published, ...]:
    """Rows of the leading study for one sex, or for whom it measured."""
    source = _LEADING.get((name, word), _CURVES)
    found = [
        one
        for one in load("strength")
        if (one.topic, one.fields["direction"], one.source) == (name, word, source)
        and one.quantity not in _COMPARED
        and not (one.population.endswith(_ELITE) and "sub-elite" not in one.population)
    ]
    return tuple([one for one in found if one.fields["sex"] in (sex, "all")] or found)


def _of_sex(name: str, word: str, angle: Floats, person: Person, sex: str, age_years: float) -> tuple[Floats, float]:
    """Torque [N m] and its spread between people (SD of the logarithm)."""
    rows = _rows(name, word, sex)
    by = {one.quantity: one for one in rows}
    if "c1" in by:
        height, bend, at = (_number(by[quantity]) for quantity in ("c1", "c2", "c3"))
        course = np.maximum(np.cos(bend * (angle - at)), LEAST)
        return height * person.mass_kg * -GRAVITY_M_S2[1] * person.height_m * course, _spread([by["c1"]])
    if "intercept" in by:
        terms = {"intercept": 1.0, "per_year": age_years, "per_metre": person.height_m, "per_kilogram": person.mass_kg}
        return np.full(angle.shape, sum(_number(by[quantity]) * times for quantity, times in terms.items())), _spread([])
    if "extension_over_flexion" in by:  # one direction as a ratio of the other, where both are strongest or where the ratio was taken
        other, spread = _of_sex(name, "flexion" if word == "extension" else "extension", np.zeros(angle.shape), person, sex, age_years)
        ratio = _number(by["extension_over_flexion"])
        return other * ratio if word == "extension" else other / ratio, spread
    return _points(name, rows, angle, person, sex)


def _points(name: str, rows: tuple[Published, ...], angle: Floats, person: Person, sex: str) -> tuple[Floats, float]:
    """Straight between measured angles, level outside; rows at one angle, or at none, are averaged."""
    shift = MEDX_STANDING_RAD if name == "lumbar_flexion" else 0.0
    at = np.array([np.radians(float(one.fields["angle_deg"] or 0)) - shift for one in rows])
    torque = np.array([_number(one) * (person.mass_kg if one.unit == "Nm/kg" else 1.0) for one in rows])
    if rows[0].unit == "Nm":
        start = _ONE_ATHLETE_KG if rows[0].source == "kentel2011" else value("reference", "body_mass")
        torque = torque * (person.mass_kg / start) ** value("scaling", "force_exponent")
        if name.startswith("shoulder") and sex == "female" and all(one.fields["sex"] == "male" for one in rows):
            torque = torque * _women_over_men()
    places = np.unique(at)
    level = np.array([torque[at == one].mean() for one in places])
    return np.interp(angle, places, level), _spread(rows)


@cache
def _women_over_men() -> float:
    return next(_number(one) for one in load("strength") if one.quantity == "women_over_men")


def _spread(rows: Iterable[Published]) -> float:
    """SD of the logarithm between people: that of the rows, otherwise what reviews find for strength in general (benfica2018)."""
    own = [one.spread / _number(one) for one in rows if one.spread]
    return float(np.mean(own)) if own else _variation()


@cache
def _variation() -> float:
    return next(_number(one) for one in load("strength") if one.quantity == "variation")


def _number(row: Published) -> float:
    if row.value is None:
        raise ModelError(f"strength.csv: row {row.row} holds no number; give one.")
    return row.value
