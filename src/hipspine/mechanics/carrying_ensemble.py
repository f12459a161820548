"""What a posture or a movement asks of the whole body, in many bodies that differ in what is unknown: medians, ranges, agreement.

Geometry is worked out once (`carrying_ready`): the arms of each drawn body are sums of what is ready. The line field of gluteus maximus is
not shifted: its members are all the fields that the measured arms accept. Each body goes through all frames by itself.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.anatomy.person import Person
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Situation, Touch, reserves, situation
from hipspine.mechanics.carrying_effort import Effort, floors
from hipspine.mechanics.carrying_glutei import Glutei, fields_of, glutei, mixtures
from hipspine.mechanics.carrying_kernel import Found, Member, carry_frames
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, groups_of
from hipspine.mechanics.carrying_ready import Ready, ready
from hipspine.mechanics.fibre import BELLS, THELEN_WIDTH, Curve, normalised
from hipspine.mechanics.joint_forces import on_disc
from hipspine.mechanics.posture import HIP
from hipspine.mechanics.rigid import Postures
from hipspine.mechanics.rigid_loads import Load
from hipspine.mechanics.sacroiliac import both_joints
from hipspine.mechanics.sharing import CERTIFIED, LOWEST_FLOOR, STEPS, TOLERANCE, volumes
from hipspine.mechanics.spread import (
    Draw,
    Spread,
    TrunkDraw,
    agreement,
    draw,
    draw_trunk,
    kinds_of,
    range_over_members,
    rank_stability,
)
from hipspine.terms import Floats, Region, Side

WHOLE_BODY = Spread(floor=(0.001, 0.05), floor_in_log=True)
"""How much every muscle works along is of unknown order of magnitude, and joints feel the sum of all of it: from next to none to 5 %."""
REGIONS = tuple(f"{GLUTEUS_MAXIMUS}/{region}" for region in Region)
_BELLS = np.array(BELLS)


@dataclass(frozen=True, slots=True, eq=False)
class CarriedEnsemble:
    """The same postures in many bodies; NaN where a member found no proof. Side: right, left."""

    groups: tuple[str, ...]
    activation: Floats  # (member, posture, side, group)
    hip_bw: Floats  # (member, posture, side)
    compression_n: Floats  # (member, posture) of L5/S1
    shear_n: Floats  # (member, posture) of L5/S1, forward
    sij_normal_n: Floats  # (member, posture, side)
    sij_shear_n: Floats  # (member, posture, side) size
    floor: Floats  # (member,) what every muscle works along
    reserve: Floats  # (member, posture) largest share of its optimal moment that a reserve carries
    residual: Floats  # (member, posture) of the conditions of an optimum
    coordinates: tuple[str, ...]  # those that muscles and contacts balance
    muscle_nm: Floats  # (member, posture, coordinate) moment of all muscles
    left_nm: Floats  # (member, posture, coordinate) moment that nothing but a reserve carries
    held: tuple[str, ...]  # coordinates of shoulders and elbows
    held_nm: Floats  # (member, posture, held) moment that all muscles there must make, whatever their number
    contact_n: Floats  # (member, posture, touch, 3) on the body, ground's axes
    fibre_norm: (
        Floats  # (posture, side, group) fibre length over optimal length: geometry, of the body itself; NaN where a side has no line
    )
    gluteus_norm: Floats  # (member, posture, side, region) the same of the regions of gluteus maximus
    seed: int
    spread: Spread = field(default_factory=lambda: WHOLE_BODY)

    def of(self, group: str, side: Side) -> Floats:
        """(member, posture) activation of one group of one side."""
        if group not in self.groups:
            raise ModelError(f"there is no muscle group {group!r}; there are {', '.join(self.groups)}.")
        return np.asarray(self.activation[:, :, SIDES.index(side), self.groups.index(group)])

    def range_of(self, group: str, side: Side) -> tuple[Floats, Floats, Floats]:
        """(posture,) median, low and high end of 90 % of the members."""
        return range_over_members(self.of(group, side))

    def agreement(self, more: str, less: str, side: Side) -> Floats:
        """(posture,) share of the members in which ``more`` works harder than ``less``."""
        return agreement(self.of(more, side), self.of(less, side))

    def rank_stability(self, groups: Sequence[str], side: Side) -> Floats:
        """(posture,) see `spread.rank_stability`."""
        return rank_stability(np.stack([self.of(group, side) for group in groups], axis=-1))

    @property
    def moments_nm(self) -> Floats:
        """(member, posture, side, 3) moment of all muscles about hip flexion, adduction and internal rotation."""
        columns = [[self.coordinates.index(f"{name}:{side}") for name in HIP] for side in SIDES]
        return np.asarray(self.muscle_nm[:, :, columns])

    @property
    def lumbar_nm(self) -> Floats:
        """(member, posture, 3) moment of all muscles about lumbar flexion, bending and rotation."""
        return np.asarray(self.muscle_nm[:, :, [self.coordinates.index(f"lumbar_{name}") for name in ("flexion", "bending", "rotation")]])

    @property
    def unproven(self) -> NDArray[np.bool_]:
        """(posture,) where no member found a proof: everything there is NaN."""
        return np.asarray(np.isnan(self.reserve).all(axis=0))

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know: postures without any answer, and such that muscles cannot hold."""
        said, (members, count), lost = [], self.reserve.shape, self.unproven
        if lost.any():
            said.append(
                f"Sharing found no certified answer in any of {members} bodies for {int(lost.sum())} of {count} postures "
                f"(first {int(np.argmax(lost))}); they are left out."
            )
        some = int((np.isnan(self.reserve) & ~lost).sum())
        if some:
            said.append(f"{some} of {members * count} answers found no certificate; they count nowhere.")
        weak = np.nan_to_num(self.reserve) > 1
        if weak.any():
            member, posture = np.unravel_index(int(np.argmax(np.nan_to_num(self.reserve))), self.reserve.shape)
            missing = np.abs(self.left_nm[member, posture])
            worst = int(np.argmax(missing))
            said.append(
                f"Muscles cannot hold {int(weak.any(axis=0).sum())} of {count} postures in {100 * weak.any(axis=1).mean():.0f} % of the "
                f"bodies; at worst {missing[worst]:.3g} N m or N about {self.coordinates[worst]} is left over (posture {posture})."
            )
        return tuple(said)


def carried_ensemble(
    body: BodyModel,
    q: Postures,
    *,
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    active: ArrayLike | None = None,
    efforts: Sequence[Effort] = (),
    person: Person | None = None,
    samples: int = 200,
    seed: int = 0,
    spread: Spread | None = None,
    partly: bool = False,
    workers: int = 1,
) -> CarriedEnsemble:
    """What postures ask of every muscle group and joint, in ``samples`` bodies.

    Args:
        body, q, touches, loads, velocities, accelerations, active: as `carrying.carried`.
        efforts: muscles that a person drives harder than the task needs.
        person: whose size the body was given; every field of the ensemble gets it too.
        samples: bodies that are drawn, 2 or more.
        seed: the same seed gives the same numbers.
        spread: what is drawn, and how widely; `WHOLE_BODY` unless given.
        partly: leave postures for which no body has an answer as NaN, and let `CarriedEnsemble.sentences` say so, rather than refuse all.
        workers: threads among which the bodies are shared out; the numbers are the same with any number.

    Raises:
        ModelError: fewer than 2 samples, a seed below 0, a posture without any answer (unless ``partly``), or as `carrying.carried`.
    """
    if samples < 2 or seed < 0:
        raise ModelError(
            f"samples is {samples} and seed {seed}; a range needs 2 samples or more (200 for a table) and a seed of 0 or more."
        )
    if person is None and "height_m" in body.about:
        raise ModelError(f"{body.name} was scaled to a person; give that person, too, so that every line field gets the same size.")
    spread, dice = spread or WHOLE_BODY, np.random.default_rng(seed)
    _look_at(spread)
    at = situation(body, q, touches=touches, loads=loads, velocities=velocities, accelerations=accelerations, active=active)
    kinds = set(at.lines.muscles)
    drawn = [
        (draw(spread, dice, kinds=len(kinds), muscles=len({*kinds, GLUTEUS_MAXIMUS})), draw_trunk(spread, dice)) for _ in range(samples)
    ]
    pool = sorted({one.field for one, _ in drawn}, key=lambda member: -1 if member is None else member)
    fields = fields_of(body, pool, person)
    of_member = dict(zip(pool, glutei(at, fields), strict=True))
    muscles = (*at.lines.muscles, *(f"{GLUTEUS_MAXIMUS}/{region}" for one in fields[0] for region in one.region))
    sides = (*at.lines.sides, *(one.side for one in fields[0] for _ in one.region))
    groups = groups_of(muscles)
    slots = [lines & np.array([one is side for one in sides]) for side in SIDES for lines in groups.values()]
    made = ready(at, fields[0], slots, mixtures(at))
    least = floors(efforts, groups, sides, len(at.q), samples, seed)
    bodies = [
        _Body(one, trunk, of_member[one.field], _member(at, made, muscles, of_member[one.field], one, trunk, spread, low))
        for (one, trunk), low in zip(drawn, least, strict=True)
    ]
    with ThreadPoolExecutor(max(workers, 1)) as threads:
        found = list((threads.map if workers > 1 else map)(lambda one: _carry(at, made, one), bodies))
    told = [_told(at, one, result) for one, result in zip(bodies, found, strict=True)]
    stacked = {name: np.stack([one[name] for one in told]) for name in told[0]}
    stacked["activation"] = stacked["activation"].reshape(samples, len(at.q), len(SIDES), len(groups))
    stacked["held_nm"] = _held(at, made, stacked["contact_n"])
    stacked["gluteus_norm"] = _by_region(fields[0], stacked.pop("norm"), np.stack([of_member[one.field].force_n for one, _ in drawn]))
    unproven = np.isnan(stacked["hip_bw"]).all(axis=(0, 2))
    if unproven.any() and not partly:
        posture = int(np.argmax(unproven))
        if not any(one.glutei.pulls[posture] for one in bodies):
            raise ModelError(
                f"posture {posture}: gluteus maximus has no pull with its moment arms; use postures inside the range of a hip."
            )
        raise ModelError(
            f"posture {posture}: sharing found no certified answer in any of {samples} bodies; "
            "the load is far beyond what muscles can do. Take less, or lean less."
        )
    return CarriedEnsemble(
        groups=tuple(groups),
        coordinates=tuple(at.rigid.coordinates[k] for k in at.rows),
        held=tuple(at.rigid.coordinates[k] for k in _others(at)),
        fibre_norm=_lengths(at, body, groups),
        seed=seed,
        spread=spread,
        **stacked,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    drawn: Draw
    trunk: TrunkDraw
    glutei: Glutei
    member: Member


def _look_at(spread: Spread) -> None:
    if spread.exponent[1] > 2 and spread.floor[0] < LOWEST_FLOOR:
        raise ModelError(f"the floor is drawn from {spread.floor[0]:g}; with exponents above 2 let it begin at {LOWEST_FLOOR} or more.")
    if not (2.0 <= spread.exponent[0] <= spread.exponent[1] <= 4.0):
        raise ModelError(f"the exponent is drawn from {spread.exponent}; give 2 to 4.")
    if not spread.friction[0] >= 0:
        raise ModelError(f"friction is drawn from {spread.friction[0]:g}; give a number of at least 0.")


def _member(
    at: Situation, made: Ready, muscles: Sequence[str], muscle: Glutei, drawn: Draw, trunk: TrunkDraw, spread: Spread, least: Floats
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
        bells=drawn.curve is Curve.DE_GROOTE,
        weight=volumes(force, optimal),
        exponent=drawn.exponent,
        low=np.maximum(least, drawn.floor),
        friction=trunk.friction,
        reserve=np.array(reserves(at, spread.reserve_nm)),
        cost=made.cost,
        limit=made.limit,
    )


def _carry(at: Situation, made: Ready, one: _Body) -> Found:
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


def _told(at: Situation, one: _Body, found: Found) -> dict[str, Floats]:
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


def _others(at: Situation) -> list[int]:
    """Coordinates that are held, not balanced."""
    return [k for k in range(len(at.rigid.coordinates)) if k not in set(at.rows.tolist())]


def _held(at: Situation, made: Ready, contact_n: Floats) -> Floats:
    """(member, posture, held) what is needed there less what the contacts give; no draw moves these joints."""
    pushed = np.einsum("qtah,mqta->mqh", made.held * at.active[..., None, None], contact_n)
    return np.asarray(at.needed.moments[:, _others(at)] - pushed)


def _by_region(fields: Sequence[LineField], norm: Floats, force_n: Floats) -> Floats:
    """(member, posture, side, region) mean of normalised fibre lengths (member, posture, line), each line counted by its force."""
    found, first = np.full((*norm.shape[:2], len(SIDES), len(Region)), np.nan), 0
    for one in fields:
        for k, region in enumerate(Region):
            chosen = first + np.flatnonzero(one.of_region(region))
            weight = force_n[:, chosen] / force_n[:, chosen].sum(axis=1, keepdims=True)
            found[:, :, SIDES.index(one.side), k] = np.einsum("mql,ml->mq", norm[:, :, chosen], weight)
        first += one.u.size
    return found


def _lengths(at: Situation, body: BodyModel, groups: Mapping[str, NDArray[np.bool_]]) -> Floats:
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
