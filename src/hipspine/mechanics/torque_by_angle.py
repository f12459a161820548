"""The torque that the drawn bodies of the whole-body ensemble can make about one joint, angle by angle: to stand beside measured strength.

All lines that pull that way, fully driven, held still; what they do to other joints is taken up by the fixture, as in a dynamometer.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import situation
from hipspine.mechanics.carrying_drawn import DrawnBodies, drawn_bodies
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY
from hipspine.mechanics.carrying_member import Drawn
from hipspine.mechanics.fibre import Curve, fibre
from hipspine.mechanics.levels import LOWEST
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.spread import Spread
from hipspine.terms import Floats


def torques(
    body: BodyModel,
    coordinate: str,
    direction: int,
    angles_rad: Sequence[float],
    *,
    rest_rad: Mapping[str, float] | None = None,
    turned: str | None = None,
    samples: int = 200,
    seed: int = 0,
    spread: Spread = WHOLE_BODY,
) -> Floats:
    """(member, angle) greatest torque [N m], 0 or more.

    Args:
        body: hipspine's own, or one with its names.
        coordinate: about which the torque is made, such as ``hip_flexion:right``; of the whole spine it is that at the lowest disc.
        direction: 1 towards plus of the coordinate, -1 towards minus.
        angles_rad: at which.
        rest_rad: where other coordinates are held; the rest is 0.
        turned: the coordinate that has these angles, where it is another one.
        samples, seed, spread: as `carrying_ensemble.carried_ensemble`.

    Raises:
        ModelError: a coordinate that no muscle crosses, a direction that is neither 1 nor -1, or as `carrying.carried`.

    >>> found = torques(BodyModel(), "hip_flexion:right", -1, [0.9], samples=3)
    >>> found.shape, bool((found > 150).all())
    ((3, 1), True)
    """
    if direction not in (1, -1):
        raise ModelError(f"direction is {direction}; give 1 towards plus of {coordinate!r} or -1 towards minus.")
    angles = {name: np.full(len(angles_rad), held) for name, held in (rest_rad or {}).items()}
    q = {**angles, turned or coordinate: np.array(angles_rad, dtype=np.float64)}
    at = situation(body, Posture(q), touches=())
    many = drawn_bodies(at, body, spread=spread, samples=samples, seed=seed)
    rows = [at.rigid.coordinates[k] for k in at.rows]
    wanted = coordinate if coordinate in rows else f"{coordinate}:{LOWEST}"
    if wanted not in rows:
        raise ModelError(f"no muscle of {body.name} is balanced about {coordinate!r}; give one of {', '.join(rows)}.")
    return np.stack([_made(many, one, rows.index(wanted), direction) for one in many.bodies])


def _made(many: DrawnBodies, one: Drawn, row: int, direction: int) -> Floats:
    """(angle,) of one body; arms and capacities as in `carrying_kernel.carry_frames`."""
    plan, frames, member, muscle = many.made.plan, many.made.frames, one.member, one.glutei.field
    joints = np.repeat(member.joints[:, None], member.shift.shape[1], axis=1)
    shifts = np.concatenate([np.ones((1, member.shift.shape[1])), member.shift, joints])
    over_bones = np.einsum("fte,te->fe", frames.arm, shifts)
    own = frames.arm.shape[2]
    of_glutei = muscle.arm + frames.mixture[:, plan.field[plan.owner[own:] - frames.length.shape[1]]] * member.form
    arm = np.concatenate([over_bones, of_glutei], axis=1)
    able = fibre(
        np.concatenate([frames.length, muscle.length], axis=1),
        optimal_fibre_m=member.optimal,
        slack_m=member.slack,
        pennation_rad=np.arcsin(member.thick / member.optimal),
        max_force_n=member.force,
        curve=Curve.DE_GROOTE if member.bells else Curve.THELEN,
    ).active_n * (1.0 + member.by_angle * frames.added)
    chosen = plan.row == row
    return np.asarray(np.maximum(direction * arm[:, chosen] * able[:, plan.owner[chosen]], 0.0).sum(axis=1))
