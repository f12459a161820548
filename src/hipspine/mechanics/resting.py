"""What a support of a lying, kneeling or bridging body may carry: a resting limb leaves no more than its own weight on the floor.

In load sharing a contact costs next to nothing. Left alone, the resting leg of somebody who lies prone presses on the bench as hard as the
other leg would need, a head in a bridge carries the trunk, and the back muscles rest with them. A person who *rests* a limb does not press
with it: its supports carry what they would carry if the limb lay there by itself, hung on the joint that ties it to the body.

Supports that somebody stands, kneels, sits or pushes on are not resting and keep no limit. Shoulder blades in a bridge are two points on
one line from side to side, so that they give no moment about that line; more points of the trunk would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from hipspine.errors import ModelError
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import GRAVITY_M_S2, Postures, Rigid, placed, points, postures
from hipspine.terms import Floats

LIGHTLY = 0.05  # of body weight: a hand or a head that steadies and does not carry; our assumption
_LIMBS = ("thigh", "upper_arm", "L5", "pelvis")  # where legs, arms and trunk begin
_EVEN = 1e-3  # so weak a wish for even shares that it only decides between equals
_FLAT = 0.3  # a surface whose normal points up by less than this carries no resting weight


def resting(
    rigid: Rigid,
    q: Postures,
    touches: Sequence[Touch],
    rests: Sequence[bool],
    *,
    lightly: Mapping[int, float] | None = None,
    active: NDArray[np.bool_] | None = None,
) -> tuple[Touch, ...]:
    """The touches with ``limit_n``: what each may carry.

    The weight of a limb with its resting touches is shared among them and the joint that it hangs on, in balance about that joint; the
    largest share over the postures is the limit. The limbs are legs, arms, pelvis, and the trunk from L5 up, to which an arm belongs that
    touches nothing. A limit that a touch has already is kept where it is smaller.

    Args:
        rigid: of a body with hipspine's names.
        q: postures, as `rigid.postures` takes them.
        touches: as for `carrying.carried`.
        rests: (touch,) whether only the weight of its own limb lies there.
        lightly: number of a touch -> the largest share of body weight that it carries, such as `LIGHTLY` for a steadying hand.
        active: (posture, touch) in which postures each touch is there; None: in all.

    Raises:
        ModelError: lists that do not fit, a share that is not above 0, or a surface that a limb cannot lie on.

    >>> from hipspine.anatomy.body_model import BodyModel
    >>> rigid = Rigid.of(BodyModel())
    >>> bench = [Touch("thigh:left", (0.085, -0.22, 0.0)), Touch("shank:left", (0.045, -0.37, 0.0))]
    >>> [round(one.limit_n) for one in resting(rigid, {"pelvis_tilt": -np.pi / 2}, bench, [True, True])]
    [49, 44]
    """
    given, count = postures(rigid, q), len(touches)
    used = np.ones((len(given), count), dtype=np.bool_) if active is None else np.asarray(active, dtype=np.bool_)
    if len(rests) != count or used.shape != (len(given), count):
        raise ModelError(f"rests has {len(rests)} entries and active the shape {used.shape}; give one for each of {count} touches.")
    limits = np.array([touch.limit_n for touch in touches], dtype=np.float64)
    for number, share in (lightly or {}).items():
        if not 0 <= number < count or not (np.isfinite(share) and share > 0):
            raise ModelError(f"touch {number} is to carry {share!r} of body weight; give the number of a touch and a share above 0.")
        limits[number] = min(limits[number], share * rigid.mass_kg * -GRAVITY_M_S2[1])
    owners = [_limb(rigid, touch.segment) for touch in touches]
    for limb in dict.fromkeys(owner for owner, rest in zip(owners, rests, strict=True) if rest):
        chosen = [k for k in range(count) if owners[k] == limb and rests[k]]
        limits[chosen] = np.minimum(limits[chosen], _alone(rigid, given, limb, touches, chosen, used, set(owners)))
    return tuple(replace(touch, limit_n=float(limit)) for touch, limit in zip(touches, limits, strict=True))


def _limb(rigid: Rigid, segment: str) -> str:
    """Name of the segment with which the limb of a segment begins."""
    number = rigid.segment(segment)
    while number >= 0 and rigid.segments[number].partition(":")[0] not in _LIMBS:
        number = rigid.tree[number].parent
    return rigid.segments[max(number, 0)]


def _alone(
    rigid: Rigid, q: Floats, limb: str, touches: Sequence[Touch], chosen: list[int], used: NDArray[np.bool_], touched: set[str]
) -> Floats:
    """(chosen,) largest force on each touch of a limb that lies by itself [N]."""
    if any(touches[k].normal[1] < _FLAT * np.linalg.norm(touches[k].normal) for k in chosen):
        raise ModelError(f"{limb!r} is said to rest on a surface that does not face up; a limb rests on what lies under it.")
    own = [k for k, name in enumerate(rigid.segments) if _carries(rigid, limb, _limb(rigid, name), touched)]
    mass = np.array([rigid.tree[k].segment.mass_kg for k in own])
    where = placed(rigid, q)
    centres = points(rigid, where, [(rigid.segments[k], rigid.tree[k].segment.mass_centre_m) for k in own])
    under = points(rigid, where, [(touches[k].segment, touches[k].at_m) for k in chosen])
    joint = where.position_m[:, rigid.segment(limb)]
    weight, centre = mass.sum() * -GRAVITY_M_S2[1], np.einsum("s,qsi->qi", mass, centres) / mass.sum()
    up = np.array([touches[k].normal[1] / np.linalg.norm(touches[k].normal) for k in chosen])
    largest = np.zeros(len(chosen))
    for frame in range(len(q)):
        on = used[frame, chosen]
        if on.any():
            shares = _shares(under[frame][on] - joint[frame], up[on], centre[frame] - joint[frame])
            largest[on] = np.maximum(largest[on], weight * shares)
    return np.asarray(np.maximum(largest, 1e-3 * weight))  # a limit is above 0


def _carries(rigid: Rigid, limb: str, other: str, touched: set[str]) -> bool:
    """Whether the segments of ``other`` lie on the supports of ``limb``: its own, and an arm that touches nothing on the trunk's."""
    hangs = other.startswith("upper_arm") and other not in touched and limb == _trunk(rigid)
    return other == limb or hangs


def _trunk(rigid: Rigid) -> str:
    return _limb(rigid, "thorax")


def _shares(at: Floats, up: Floats, centre: Floats) -> Floats:
    """(touch,) force on each touch as a share of the weight, with the joint at the origin taking what is left, pushing up or not at all."""
    flat, size = [0, 2], max(float(np.abs(at[:, [0, 2]]).max()), float(np.abs(centre[[0, 2]]).max()), 1e-6)
    sums = np.append(up, 1.0)
    levers = np.column_stack([(at[:, flat] * up[:, None]).T, np.zeros(2)]) / size
    rows = np.vstack([sums, levers, _EVEN * np.eye(len(sums))])
    target = np.concatenate([[1.0], centre[flat] / size, np.zeros(len(sums))])
    return np.asarray(nnls(rows, target)[0][:-1])
