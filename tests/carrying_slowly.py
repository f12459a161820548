"""The ensemble of the whole body by a slow, straightforward road in NumPy: every array whole, every body worked out by itself.

The kernels of `hipspine.mechanics.carrying_ensemble` must give the same numbers.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.anatomy.person import Person, scaled
from hipspine.mechanics.carrying import SIDES, Situation, grounded, read_out, reserves
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS, Lines, joined, of_gluteus_maximus
from hipspine.mechanics.contacts import Contacts
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.field_ensemble import mixture
from hipspine.mechanics.joint_forces import beyond
from hipspine.mechanics.posture import HIP, Posture
from hipspine.mechanics.rigid import Rigid, placed, point_jacobians
from hipspine.mechanics.sharing import Status, share, volumes
from hipspine.mechanics.spread import Draw, Spread, TrunkDraw, draw, draw_trunk, kinds_of
from hipspine.terms import Floats, Region, Side

_LUMBAR = ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2")


def by_numpy(
    at: Situation, *, spread: Spread, samples: int, seed: int, person: Person | None = None, least: Floats | None = None
) -> dict[str, Floats]:
    """What `carried_ensemble` reads out, under the same names; ``least`` (line,): a floor of activation beside the drawn one."""
    dice, turns = np.random.default_rng(seed), Turns.of(at)
    kinds, found = set(at.lines.muscles), []
    for share_of_added in np.random.default_rng([seed, 53]).uniform(*spread.by_angle, samples):
        drawn, trunk = draw(spread, dice, kinds=len(kinds), muscles=len({*kinds, GLUTEUS_MAXIMUS})), draw_trunk(spread, dice)
        glutei = [_formed(at, one, drawn) for one in _glutei(at, drawn.field, person)]
        lines = joined([turns.moved(at.lines, drawn, trunk), *glutei])
        found.append(_member(at, turns, lines, drawn, trunk, spread.reserve_nm, 0.0 if least is None else least, share_of_added))
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


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


def _member(
    at: Situation,
    turns: Turns,
    lines: Lines,
    drawn: Draw,
    trunk: TrunkDraw,
    reserve_nm: float,
    least: Floats | float,
    share_of_added: float,
) -> dict[str, Floats]:
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
    able = state.active_n * _in_flexion(at, lines, share_of_added)
    ground: Contacts | None = None
    jacobians = turns.pushed(at.jacobians, drawn, trunk)
    if at.touches:
        ground = grounded(replace(at, jacobians=jacobians), trunk.friction)
    answer = share(
        turns.needed(at.needed.moments, drawn, trunk)[:, at.rows],
        (lines.arms_m * able[..., None])[:, :, at.rows],
        volume=volumes(strength, lines.optimal_fibre_m),
        reserve=reserves(at, reserve_nm),
        exponent=drawn.exponent,
        floor=np.maximum(drawn.floor, least),
        contacts=ground,
    )
    found = read_out(at, lines, ground, answer, answer.activation * able, sacral_slope_rad=trunk.sacral_slope_rad, plane=trunk.plane)
    told = {
        "activation": found.activation,
        "hip_bw": found.hip_bw,
        "compression_n": found.disc.compression_n,
        "shear_n": found.disc.shear_n,
        "sij_normal_n": found.sacroiliac.normal_n,
        "sij_shear_n": found.sacroiliac.shear_size_n,
        "reserve": np.abs(answer.strained).max(axis=1),
        "muscle_nm": np.einsum("ql,qlc->qc", answer.activation, (lines.arms_m * able[..., None])[:, :, at.rows]),
        "left_nm": answer.reserve,
        "contact_n": found.contact_n,
        "held_nm": _held(at, jacobians, found.contact_n),
        "gluteus_norm": _norms(lines, state.norm),
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


def _held(at: Situation, jacobians: Floats, contact_n: Floats) -> Floats:
    """(posture, held coordinate) what shoulders and elbows must make: what is needed less what touches give."""
    others = [k for k in range(len(at.rigid.coordinates)) if k not in at.rows]
    return np.asarray(at.needed.moments[:, others] - np.einsum("qtac,qta->qc", jacobians[..., others], contact_n))


def _norms(lines: Lines, norm: Floats) -> Floats:
    """(posture, side, region) fibre length of gluteus maximus, each line counted by its force."""
    found = np.full((len(norm), len(SIDES), len(Region)), np.nan)
    for s, side in enumerate(SIDES):
        for r, region in enumerate(Region):
            chosen = [k for k, name in enumerate(lines.muscles) if name == f"{GLUTEUS_MAXIMUS}/{region}" and lines.sides[k] is side]
            if chosen:
                found[:, s, r] = np.average(norm[:, chosen], axis=1, weights=lines.max_force_n[chosen])
    return found


def _in_flexion(at: Situation, lines: Lines, share_of_added: float) -> Floats:
    """(posture, line) times its own force that each line pulls, by the flexion of its hip."""
    found = np.ones((len(at.q), len(lines.muscles)))
    for line, (muscle, side) in enumerate(zip(lines.muscles, lines.sides, strict=True)):
        if muscle.startswith((GLUTEUS_MAXIMUS, "adductor_magnus", "quadratus_femoris", "obturator", "gemellus")):
            for frame, radians in enumerate(at.q[:, at.rigid.coordinates.index(f"hip_flexion:{side}")]):
                found[frame, line] += share_of_added * np.interp(np.degrees(radians), [53, 60, 75, 90], [0, 0.08, 0.31, 0.46])
    return found
