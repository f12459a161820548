"""One drawn body of the whole-body ensemble: what the kernel needs of it, and what is read out of what the kernel found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.mechanics.carrying import SIDES, Situation, reserves
from hipspine.mechanics.carrying_glutei import Glutei, glutei
from hipspine.mechanics.carrying_kernel import Found, Member, carry_frames
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, groups_of
from hipspine.mechanics.carrying_ready import Ready
from hipspine.mechanics.fibre import BELLS, THELEN_WIDTH, Curve, normalised
from hipspine.mechanics.joint_forces import on_disc
from hipspine.mechanics.sacroiliac import both_joints
from hipspine.mechanics.sharing import CERTIFIED, STEPS, TOLERANCE, volumes
from hipspine.mechanics.spread import Draw, Spread, TrunkDraw, kinds_of
from hipspine.terms import Floats, Region

_BELLS = np.array(BELLS)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One drawn body, made ready."""

    drawn: Draw
    trunk: TrunkDraw
    glutei: Glutei
    member: Member


def member(
    at: Situation,
    made: Ready,
    muscles: Sequence[str],
    muscle: Glutei,
    drawn: Draw,
    trunk: TrunkDraw,
    spread: Spread,
    least: Floats,
    by_angle: float,
) -> Member:
    """What `carrying_kernel.carry_frames` needs of a drawn body."""
    lines, kind = at.lines, kinds_of(at.lines.muscles)[1]
    own = made.plan.owner[: made.frames.arm.shape[2]]
    whole = [name.partition("/")[0] for name in muscles]
    force = np.concatenate([lines.max_force_n, muscle.force_n]) * drawn.force[kinds_of(whole)[1]]
    optimal = np.concatenate([lines.optimal_fibre_m * drawn.fibre[kind], muscle.optimal_m])
    form = np.concatenate([drawn.form_m, np.zeros((len(Region), 1))], axis=1)  # the knee's arm has none
    return Member(
        shift=np.ascontiguousarray(drawn.shift_m[kind[own]].T),
        joints=np.concatenate([drawn.joint_m, trunk.lumbar_m]),
        form=form[made.form[:, 0], made.form[:, 1]],
        optimal=optimal,
        slack=np.concatenate([lines.slack_m, muscle.slack_m]),
        thick=optimal * np.sin(np.concatenate([lines.pennation_rad, muscle.pennation_rad])),
        force=force,
        by_angle=by_angle,
        bells=drawn.curve is Curve.DE_GROOTE,
        weight=volumes(force, optimal),
        exponent=drawn.exponent,
        low=np.maximum(least, drawn.floor),
        friction=trunk.friction,
        reserve=np.array(reserves(at, spread.reserve_nm)),
        cost=made.cost,
        limit=made.limit,
    )


def carry(at: Situation, made: Ready, one: Drawn) -> Found:
    """All frames of one drawn body."""
    count, touches = len(at.q), len(at.touches)
    found = Found(
        activation=np.zeros((count, made.plan.slots)),
        norm=np.empty((count, one.glutei.force_n.size)),
        part=np.empty((count, 6, 3)),
        made=np.empty((count, at.rows.size)),
        left=np.empty((count, at.rows.size)),
        contact=np.empty((count, touches, 3)),
        residual=np.empty(count),
        iterations=np.empty(count, dtype=np.int64),
    )
    carry_frames(made.plan, made.frames, one.glutei.field, one.member, _BELLS, THELEN_WIDTH, TOLERANCE, STEPS, found)
    return found


def told(at: Situation, one: Drawn, found: Found) -> dict[str, Floats]:
    """The read-outs of one body: what the kernel filled, and disc and sacroiliac joints; NaN where there is no certificate."""
    turn = at.where.rotation[:, at.rigid.segment("pelvis")]
    proven = (found.residual <= CERTIFIED) & one.glutei.pulls
    part = np.where(proven[:, None, None], found.part, 0.0)
    disc = on_disc(np.einsum("qij,qj->qi", turn, part[:, 2]), at.where, slope_rad=one.trunk.sacral_slope_rad)
    both = both_joints(part[:, 3], part[:, 4], part[:, 5] - part[:, 2], plane=one.trunk.plane)
    told = {
        "activation": found.activation,
        "hip_bw": np.linalg.norm(part[:, :2], axis=-1) / at.weight_n,
        "compression_n": disc.compression_n,
        "shear_n": disc.shear_n,
        "sij_normal_n": np.stack([joint.normal_n for joint in both], axis=1),
        "sij_shear_n": np.stack([joint.shear_size_n for joint in both], axis=1),
        "reserve": np.abs(found.left / one.member.reserve).max(axis=1),
        "muscle_nm": found.made,
        "left_nm": found.left,
        "contact_n": found.contact,
    }
    told = {name: np.where(proven.reshape(-1, *(1,) * (values.ndim - 1)), values, np.nan) for name, values in told.items()}
    return told | {"floor": np.array(one.drawn.floor), "residual": found.residual, "norm": found.norm}


def others(at: Situation) -> list[int]:
    """Coordinates that are held, not balanced."""
    return [k for k in range(len(at.rigid.coordinates)) if k not in set(at.rows.tolist())]


def held(at: Situation, made: Ready, contact_n: Floats) -> Floats:
    """(member, posture, held) what is needed there less what the contacts give; no draw moves these joints."""
    pushed = np.einsum("qtah,mqta->mqh", made.held * at.active[..., None, None], contact_n)
    return np.asarray(at.needed.moments[:, others(at)] - pushed)


def by_region(fields: Sequence[LineField], norm: Floats, force_n: Floats) -> Floats:
    """(member, posture, side, region) mean of normalised fibre lengths (member, posture, line), each line counted by its force."""
    found, first = np.full((*norm.shape[:2], len(SIDES), len(Region)), np.nan), 0
    for one in fields:
        for k, region in enumerate(Region):
            chosen = first + np.flatnonzero(one.of_region(region))
            weight = force_n[:, chosen] / force_n[:, chosen].sum(axis=1, keepdims=True)
            found[:, :, SIDES.index(one.side), k] = np.einsum("mql,ml->mq", norm[:, :, chosen], weight)
        first += one.u.size
    return found


def lengths(at: Situation, body: BodyModel, groups: Mapping[str, NDArray[np.bool_]]) -> Floats:
    """(posture, side, group) normalised fibre length in the body itself, each line counted by its force."""
    own = glutei(at, [body.fields])[0]
    length = np.concatenate([at.lines.length_m, own.field.length], axis=1)
    optimal, slack, pennation, force = (
        np.concatenate(pair)
        for pair in (
            (at.lines.optimal_fibre_m, own.optimal_m),
            (at.lines.slack_m, own.slack_m),
            (at.lines.pennation_rad, own.pennation_rad),
            (at.lines.max_force_n, own.force_n),
        )
    )
    norm, _ = normalised(length, optimal_fibre_m=optimal, slack_m=slack, pennation_rad=pennation)
    own_muscles = (*at.lines.muscles, *(f"{GLUTEUS_MAXIMUS}/{region}" for one in body.fields for region in one.region))
    own_sides = (*at.lines.sides, *(one.side for one in body.fields for _ in one.region))
    found = groups_of(own_muscles)
    weight = np.stack([[found[name] & np.array([one is side for one in own_sides]) for name in groups] for side in SIDES]) * force
    total = weight.sum(axis=-1)
    return np.where(total > 0, np.einsum("ql,sgl->qsg", norm, weight) / np.where(total > 0, total, 1.0), np.nan)
