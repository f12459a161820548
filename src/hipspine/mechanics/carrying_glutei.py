"""Gluteus maximus of the bodies that an ensemble draws: all drawn line fields at once, in the person's size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import TRACT, LineField, gluteus_maximus, members
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import ModelError
from hipspine.mechanics.arms import field_arms, rotations
from hipspine.mechanics.carrying import Situation
from hipspine.mechanics.carrying_kernel import Field
from hipspine.mechanics.field_ensemble import mixture
from hipspine.mechanics.joint_forces import leg_of
from hipspine.mechanics.posture import HIP, KNEE, Posture, hip_postures
from hipspine.mechanics.whole_body import hip_and_knee
from hipspine.terms import Floats, Side

_SIZES = ("max_force_n", "optimal_fibre_m", "pennation_rad", "slack_m", "sacral")
_PERSONS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Glutei:
    """Gluteus maximus of all sides in one drawn body: its lines in all postures, and their sizes."""

    field: Field
    force_n: Floats  # (line,)
    optimal_m: Floats
    slack_m: Floats
    pennation_rad: Floats
    pulls: NDArray[np.bool_]  # (posture,) whether every line has a pull that its arms allow


def fields_of(body: BodyModel, drawn: Sequence[int | None], person: Person | None) -> list[tuple[LineField, ...]]:
    """The fields of all sides of each drawn member of the ensemble, in the person's size; None: the body's own."""
    sides = tuple(one.side for one in body.fields)
    return [body.fields if member is None else pool(sides, person)[member] for member in drawn]


@lru_cache(maxsize=_PERSONS)
def pool(sides: tuple[Side, ...], person: Person | None) -> tuple[tuple[LineField, ...], ...]:
    """(member,) of (side,) all fields of the ensemble; kept for a few persons, for a field is slower to make than to use."""
    if not sides:
        return ((),) * members()
    fields = tuple(gluteus_maximus(member=member, side=side) for member in range(members()) for side in sides)
    if person is not None:
        fields = scaled(replace(BodyModel(), lines=(), wraps=(), fields=fields), person).fields
    return tuple(fields[k : k + len(sides)] for k in range(0, len(fields), len(sides)))


def glutei(at: Situation, fields: Sequence[tuple[LineField, ...]]) -> list[Glutei]:
    """Every drawn gluteus maximus in all postures of a situation.

    Args:
        at: the situation.
        fields: (body,) of (side,) fields, from `fields_of`.

    Raises:
        ModelError: the body has no such leg, or a posture lies outside the range of a hip.
    """
    count, sides = len(fields), list(zip(*fields, strict=True))
    found = [_side(at, one) for one in sides]
    if not found:
        none = np.zeros((len(at.q), 0))
        field = Field(none, none, np.zeros((len(at.q), 0, 3)), none[0])
        return [Glutei(field, none[0], none[0], none[0], none[0], np.ones(len(at.q), dtype=bool))] * count
    length, arm, unit, pulls = (np.concatenate(one, axis=-1 if k != 2 else 2) for k, one in enumerate(zip(*found, strict=True)))
    sizes = {name: np.concatenate([[getattr(one, name) for one in side] for side in sides], axis=1) for name in _SIZES}
    force, optimal, slack, pennation = (sizes[name] for name in ("max_force_n", "optimal_fibre_m", "slack_m", "pennation_rad"))
    return [
        Glutei(Field(length[k], arm[k], unit[k], sizes["sacral"][k]), force[k], optimal[k], slack[k], pennation[k], pulls[k].all(axis=-1))
        for k in range(count)
    ]


def mixtures(at: Situation) -> Floats:
    """(posture, side of a field) how far each hip is from the measured planes."""
    found = [mixture(Posture({name: leg_of(_posture(at), one.side)[name] for name in HIP})) for one in at.body.fields]
    return np.stack(found, axis=-1) if found else np.zeros((len(at.q), 0))


def _posture(at: Situation) -> Posture:
    return Posture({name: at.q[:, k] for k, name in enumerate(at.rigid.coordinates)})


def _side(at: Situation, fields: Sequence[LineField]) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """(body, posture, line) lengths, (body, posture, entry) arms, (body, posture, line, 3) pulls on the thigh in the pelvis's axes, and
    (body, posture, line) whether a pull has these arms: as `arms.pulls`, for all fields in one row.
    """
    side, each = fields[0].side, fields[0].u.size
    if missing := [name for name in hip_and_knee(side) if name not in at.rigid.coordinates]:
        raise ModelError(
            f"the body has no coordinate {missing[0]!r}; a line field of gluteus maximus needs {', '.join(hip_and_knee(side))}."
        )
    leg = leg_of(_posture(at), side)
    hip = np.ascontiguousarray(hip_postures(leg))
    row = replace(
        fields[0],
        u=np.concatenate([one.u for one in fields]),
        insertion=tuple(one for field in fields for one in field.insertion),
        max_force_n=_row(fields, "max_force_n"),
        optimal_fibre_m=_row(fields, "optimal_fibre_m"),
        pennation_rad=_row(fields, "pennation_rad"),
        slack_m=_row(fields, "slack_m"),
        sacral=_row(fields, "sacral"),
        origin_m=_row(fields, "origin_m"),
        coefficients_m2=_row(fields, "coefficients_m2"),
        knee_end_m=_row(fields, "knee_end_m"),
        tibia_end_m=_row(fields, "tibia_end_m"),
    )
    length, about_hip, knee = field_arms(row, hip, leg[KNEE])
    _, axes = rotations(hip)
    moment = np.einsum("qij,qlj->qli", np.linalg.inv(axes), about_hip)  # arm k = moment . axis k
    reach = np.einsum("li,li->l", row.origin_m, row.origin_m)
    rest = 1 - np.einsum("qli,qli->ql", moment, moment) / reach
    (mx, my, mz), (x, y, z) = np.moveaxis(moment, -1, 0), row.origin_m.T
    across = np.stack([my * z - mz * y, mz * x - mx * z, mx * y - my * x], axis=-1) / reach[:, None]
    unit = row.origin_m * np.sqrt(np.maximum(rest, 0) / reach)[..., None] + across
    unit[..., 2] *= 1.0 if side is Side.RIGHT else -1.0
    rising = np.argsort([at.rigid.coordinates.index(name) for name in hip_and_knee(side)])
    whole = np.concatenate([about_hip, knee[..., None]], axis=-1)[..., rising].reshape(len(hip), len(fields), each, 4)
    kept = np.array([[axis < 3 or one == TRACT for axis in rising] for one in fields[0].insertion])  # hip, and the knee of the tract
    apart = (one.reshape(len(hip), len(fields), each, *one.shape[2:]) for one in (length, unit, rest > 0))
    by_body = [np.ascontiguousarray(one.swapaxes(0, 1)) for one in (*apart, whole[:, :, kept])]
    return by_body[0], by_body[3], by_body[1], by_body[2]


def _row(fields: Sequence[LineField], name: str) -> Floats:
    """(field x line, ...) one property of all fields."""
    return np.concatenate([getattr(one, name) for one in fields])
