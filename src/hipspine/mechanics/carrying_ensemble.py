"""What a posture asks of the whole body, in many bodies that differ in what is unknown: medians, ranges, and what most of them agree on.

Geometry is worked out once. A line that runs elsewhere by a shift turns each joint by the shift times its pull beyond that joint, and a
joint that lies elsewhere by the opposite, for muscles, contacts and weight alike: first order, exact for a shift of the whole line. The
line field of gluteus maximus is not shifted: its members are all the fields that the measured arms accept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Situation, Touch, grounded, read_out, reserves, situation
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, Lines, joined, of_gluteus_maximus
from hipspine.mechanics.contacts import Contacts
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.field_ensemble import mixture
from hipspine.mechanics.joint_forces import beyond
from hipspine.mechanics.posture import HIP, Posture
from hipspine.mechanics.rigid import Postures, Rigid, placed, point_jacobians
from hipspine.mechanics.rigid_loads import Load
from hipspine.mechanics.sharing import Status, share, volumes
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
_LUMBAR = ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2")


@dataclass(frozen=True, slots=True, eq=False)
class CarriedEnsemble:
    """The same posture in many bodies; NaN where a member found no proof. Side: right, left."""

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


def carried_ensemble(
    body: BodyModel,
    q: Postures,
    *,
    touches: Sequence[Touch],
    loads: Sequence[Load] = (),
    velocities: Postures | None = None,
    accelerations: Postures | None = None,
    person: Person | None = None,
    samples: int = 200,
    seed: int = 0,
    spread: Spread | None = None,
) -> CarriedEnsemble:
    """What a posture asks of every muscle group and joint, in ``samples`` bodies.

    Args:
        body, q, touches, loads, velocities, accelerations: as `carrying.carried`.
        person: whose size the body was given; every field of the ensemble gets it too.
        samples: bodies that are drawn, 2 or more.
        seed: the same seed gives the same numbers.
        spread: what is drawn, and how widely; `WHOLE_BODY` unless given.

    Raises:
        ModelError: fewer than 2 samples, a seed below 0, or as `carrying.carried`.
    """
    if samples < 2 or seed < 0:
        raise ModelError(
            f"samples is {samples} and seed {seed}; a range needs 2 samples or more (200 for a table) and a seed of 0 or more."
        )
    if person is None and "height_m" in body.about:
        raise ModelError(f"{body.name} was scaled to a person; give that person, too, so that every line field gets the same size.")
    spread, dice = spread or WHOLE_BODY, np.random.default_rng(seed)
    at = situation(body, q, touches=touches, loads=loads, velocities=velocities, accelerations=accelerations)
    turns = Turns.of(at)
    kinds = set(at.lines.muscles)
    glutei: dict[int | None, list[Lines]] = {}
    found: list[dict[str, Floats]] = []
    for _ in range(samples):
        drawn, trunk = draw(spread, dice, kinds=len(kinds), muscles=len({*kinds, GLUTEUS_MAXIMUS})), draw_trunk(spread, dice)
        if drawn.field not in glutei:
            glutei[drawn.field] = _glutei(at, drawn.field, person)
        lines = joined([turns.moved(at.lines, drawn, trunk), *(_formed(at, one, drawn) for one in glutei[drawn.field])])
        found.append(_member(at, turns, lines, drawn, trunk, spread.reserve_nm))
    stacked = {name: np.stack([one[name] for one in found]) for name in found[0]}
    unproven = np.isnan(stacked["hip_bw"]).all(axis=(0, 2))
    if unproven.any():
        raise ModelError(
            f"posture {int(np.argmax(unproven))}: sharing found no certified answer in any of {samples} bodies; "
            "the load is far beyond what muscles can do. Take less, or lean less."
        )
    return CarriedEnsemble(groups=tuple(joined([at.lines, *next(iter(glutei.values()))]).groups()), seed=seed, spread=spread, **stacked)


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """How moments change when a line, or a joint, lies elsewhere; all in the ground's axes, for the rows of all coordinates."""

    pelvis: Floats  # (posture, 3, 3) its axes in the ground
    mirror: Floats  # (line, 3) so that both sides are drawn alike
    kind: NDArray[np.int64]  # (line,) number of its muscle
    lines: Floats  # (posture, line, coordinate, 3) change of the arm for each metre that the line is shifted
    joints: tuple[tuple[str, Floats, Floats, Floats], ...]  # name; the same of lines, of contact points (touch, axis), of what is needed

    @classmethod
    def of(cls, at: Situation) -> "Turns":
        """Worked out once for a situation."""
        rigid, turning = at.rigid, _turning(at.rigid, at.q)
        pull = at.lines.pull
        mirror = np.array([[1.0, 1.0, -1.0 if side is Side.LEFT else 1.0] for side in at.lines.sides])
        joints = []
        for name in (*(f"hip:{side}" for side in SIDES), *_LUMBAR):
            child = [link.joint.name for link in rigid.tree].index(name)
            axis = turning[:, child] - turning[:, rigid.tree[child].parent]  # (posture, coordinate, 3) how the joint turns
            carries = beyond(rigid, name)
            above = np.array([carries[rigid.segment(touch.segment)] for touch in at.touches])
            on_lines = np.cross(pull[:, :, carries].sum(axis=2)[:, :, None], axis[:, None])
            on_touch = np.cross(np.eye(3)[None, :, None], axis[:, None]) * above[:, None, None, None, None] if above.size else np.zeros(0)
            joints.append((name, on_lines, on_touch, np.cross(at.needed.force_n[:, child, None], axis)))
        lines = np.cross(pull[:, :, :, None], turning[:, None]).sum(axis=2)
        return cls(at.where.rotation[:, rigid.segment("pelvis")], mirror, kinds_of(at.lines.muscles)[1], lines, tuple(joints))

    def moved(self, lines: Lines, drawn: Draw, trunk: TrunkDraw) -> Lines:
        """The lines with courses, joints and fibres as drawn."""
        shift = np.einsum("qij,lj->qli", self.pelvis, drawn.shift_m[self.kind] * self.mirror)
        arms = lines.arms_m + np.einsum("qlci,qli->qlc", self.lines, shift)
        for name, on_lines, _, _ in self.joints:
            arms -= np.einsum("qlci,qi->qlc", on_lines, self._at(name, drawn, trunk))
        return replace(lines, arms_m=arms, optimal_fibre_m=lines.optimal_fibre_m * drawn.fibre[self.kind])

    def needed(self, moments: Floats, drawn: Draw, trunk: TrunkDraw) -> Floats:
        """(posture, coordinate) what is needed, with the joints as drawn."""
        found = moments.copy()
        for name, _, _, needed in self.joints:
            found -= np.einsum("qci,qi->qc", needed, self._at(name, drawn, trunk))
        return found

    def pushed(self, jacobians: Floats, drawn: Draw, trunk: TrunkDraw) -> Floats:
        """(posture, touch, 3, coordinate) Jacobians of the touches, with the joints as drawn."""
        found = jacobians.copy()
        for name, _, on_touch, _ in self.joints:
            if on_touch.size:
                found -= np.einsum("tqaci,qi->qtac", on_touch, self._at(name, drawn, trunk))
        return found

    def _at(self, joint: str, drawn: Draw, trunk: TrunkDraw) -> Floats:
        """(posture, 3) shift of a joint in the ground's axes."""
        if joint.startswith("hip"):
            local = drawn.joint_m * np.array([1.0, 1.0, -1.0 if joint.endswith(Side.LEFT) else 1.0])
        else:
            local = trunk.lumbar_m
        return np.asarray(self.pelvis @ local)


def _turning(rigid: Rigid, q: Floats) -> Floats:
    """(posture, segment, coordinate, 3) axis about which each segment turns with each coordinate, ground's axes."""
    corners = np.concatenate([np.zeros((1, 3)), np.eye(3)])
    found = point_jacobians(rigid, q, [(name, tuple(corner)) for name in rigid.segments for corner in corners])
    found = found.reshape(len(q), len(rigid.segments), 4, 3, -1)
    where = placed(rigid, q).rotation
    arms, speeds = np.moveaxis(where, -1, 2), np.swapaxes(found[:, :, 1:] - found[:, :, :1], -1, -2)  # speed = turning x arm, three times
    return np.asarray(np.cross(arms[:, :, :, None], speeds).sum(axis=2) / 2)


def _member(at: Situation, turns: Turns, lines: Lines, drawn: Draw, trunk: TrunkDraw, reserve_nm: float) -> dict[str, Floats]:
    """What one drawn body carries."""
    muscles = [name.partition("/")[0] for name in lines.muscles]
    strength = lines.max_force_n * drawn.force[kinds_of(muscles)[1]]
    lines = replace(lines, max_force_n=strength)
    state = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=strength,
        curve=drawn.curve,
    )
    ground: Contacts | None = None
    if at.touches:
        ground = grounded(replace(at, jacobians=turns.pushed(at.jacobians, drawn, trunk)), trunk.friction)
    answer = share(
        turns.needed(at.needed.moments, drawn, trunk)[:, at.rows],
        (lines.arms_m * state.active_n[..., None])[:, :, at.rows],
        volume=volumes(strength, lines.optimal_fibre_m),
        reserve=reserves(at, reserve_nm),
        exponent=drawn.exponent,
        floor=drawn.floor,
        contacts=ground,
    )
    found = read_out(
        at, lines, ground, answer, answer.activation * state.active_n, sacral_slope_rad=trunk.sacral_slope_rad, plane=trunk.plane
    )
    told = {
        "activation": found.activation,
        "hip_bw": found.hip_bw,
        "compression_n": found.disc.compression_n,
        "shear_n": found.disc.shear_n,
        "sij_normal_n": found.sacroiliac.normal_n,
        "sij_shear_n": found.sacroiliac.shear_size_n,
        "reserve": np.abs(answer.strained).max(axis=1),
    }
    proven = answer.status != Status.STOPPED
    told = {name: np.where(proven.reshape(-1, *(1,) * (values.ndim - 1)), values, np.nan) for name, values in told.items()}
    return told | {"floor": np.array(drawn.floor), "residual": answer.residual}


def _glutei(at: Situation, member: int | None, person: Person | None) -> list[Lines]:
    """Gluteus maximus of both sides: a member of its ensemble in the person's size, or the body's own while there is no ensemble."""
    fields = at.body.fields
    if member is not None:
        fields = tuple(gluteus_maximus(member=member, side=one.side) for one in fields)
        if person is not None:
            fields = scaled(replace(BodyModel(), lines=(), wraps=(), fields=fields), person).fields
    return [of_gluteus_maximus(at.rigid, at.where, at.q, one) for one in fields]


def _formed(at: Situation, muscle: Lines, drawn: Draw) -> Lines:
    """Gluteus maximus of one side with what the form of its field leaves open; its pulls stay, only its arms differ."""
    side = muscle.sides[0]
    columns = [at.rigid.coordinates.index(f"{name}:{side}") for name in HIP]
    mixed = mixture(Posture({name: at.q[:, column] for name, column in zip(HIP, columns, strict=True)}))
    regions = [f"{GLUTEUS_MAXIMUS}/{region}" for region in Region]
    arms = muscle.arms_m.copy()
    arms[..., columns] += mixed[:, None, None] * drawn.form_m[[regions.index(name) for name in muscle.muscles]]
    return replace(muscle, arms_m=arms)
