"""Moment arms, lengths and capacities of gluteus maximus in any posture of the hip.

A moment arm is minus the derivative of the length by its named angle: how far a pull passes from the joint's axis, with the sign of
what it does (+ flexion, adduction, internal rotation).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.anatomy.gluteus_maximus import SCALE_M, TERMS, TRACT, LineField, harmonics
from hipspine.errors import ModelError
from hipspine.mechanics import field_kernel
from hipspine.mechanics.fibre import fibre, normalised
from hipspine.mechanics.posture import HIP, KNEE, Posture, hip_postures, of_leg
from hipspine.terms import Floats, Region

AXES = HIP


@dataclass(frozen=True, slots=True, eq=False)
class MomentArms:
    """How far each line pulls from each axis, and how long it is."""

    m: Floats  # (posture, line, axis) [m]
    length_m: Floats  # (posture, line)
    knee_m: Floats  # (posture, line) arm about the knee [m], flexion positive; 0 for a line that ends on the femur
    axes: tuple[str, ...]  # names of the last dimension
    lines: tuple[str, ...]  # names of the lines

    def __post_init__(self) -> None:
        if self.m.shape != (*self.length_m.shape, len(self.axes)) or self.length_m.shape[-1] != len(self.lines):
            raise ModelError(
                f"moment arms have shape {self.m.shape}; expected {self.length_m.shape[0]} postures, {len(self.lines)} lines, "
                f"{len(self.axes)} axes."
            )
        for array in (self.m, self.length_m, self.knee_m):
            array.setflags(write=False)


def moment_arms(body: LineField, posture: Posture | Mapping[str, ArrayLike]) -> MomentArms:
    """Length and moment arms of every line of ``body`` in each posture.

    Args:
        body: a line field of gluteus maximus.
        posture: hip angles, and the knee's for lines that end on the shin: a `Posture`, or names with units as `Posture.of` takes them;
            a name may carry the side of the muscle.

    Raises:
        ModelError: an angle that is none of this leg, that no hip can reach, or that is not a finite number.

    >>> from hipspine.anatomy.gluteus_maximus import gluteus_maximus
    >>> arms = moment_arms(gluteus_maximus(), {"hip_flexion_deg": [0, 90]})
    >>> arms.m.shape, arms.axes
    ((2, 18, 3), ('hip_flexion', 'hip_adduction', 'hip_rotation'))
    """
    posture = of_leg(posture if isinstance(posture, Posture) else Posture.of(**posture), body.side)
    angles = np.ascontiguousarray(hip_postures(posture))
    length, hip, knee = field_arms(body, angles, posture[KNEE])
    if not (length > 0).all():  # so written that NaN counts, too
        raise ModelError(f"a line of {body.name} has no length in a posture (squared length not above 0); mend its coefficients.")
    return MomentArms(hip, length, knee, AXES, body.names)


def field_arms(body: LineField, hip: Floats, knee_flexion: Floats) -> tuple[Floats, Floats, Floats]:
    """(posture, line) lengths, (posture, line, 3) arms about the hip, (posture, line) about the knee, for angles in any range [m].

    Args:
        body: the field.
        hip: (posture, 3) flexion, adduction, rotation [rad], C-contiguous.
        knee_flexion: (posture,) [rad].
    """
    out = np.empty((hip.shape[0], 4, body.u.size))
    field_kernel.field_lengths_and_arms(hip, np.ascontiguousarray(body.origin_m.T), monomials(body.coefficients_m2), out)
    stretch, knee = knee_stretch(body, knee_flexion)
    return out[:, 0] + stretch, out[:, 1:].transpose(0, 2, 1), knee


def knee_stretch(body: LineField, knee_flexion: Floats) -> tuple[Floats, Floats]:
    """(posture, line) change of a tract line's length by the knee [m], 0 when straight, and its arm there [m]; 0 for lines to the femur.

    The tract runs straight from its last femur point to the shin, which turns about a hinge. Not to be written to.
    """
    there = np.array([one == TRACT for one in body.insertion])
    held = knee_flexion.size > 1 and bool((knee_flexion == knee_flexion[0]).all())  # as often: once is enough
    angles = knee_flexion[:1] if held else knee_flexion
    length, arm = np.zeros((angles.size, there.size)), np.zeros((angles.size, there.size))
    end, tip = body.knee_end_m[there] - body.knee_centre_m, body.tibia_end_m[there]
    c, s = np.cos(angles)[:, None], -np.sin(angles)[:, None]  # the shin turns backwards
    x, y = c * tip[:, 0] - s * tip[:, 1], s * tip[:, 0] + c * tip[:, 1]
    run_x, run_y, run_z = x - end[:, 0], y - end[:, 1], tip[:, 2] - end[:, 2]
    spans = np.sqrt(run_x * run_x + run_y * run_y + run_z * run_z)
    length[:, there] = spans - np.linalg.norm(tip - end, axis=-1)
    arm[:, there] = (run_y * x - run_x * y) / spans
    whole = (knee_flexion.size, there.size)
    return (np.broadcast_to(length, whole), np.broadcast_to(arm, whole)) if held else (length, arm)


def by_numpy(body: LineField, angles: Floats) -> tuple[Floats, Floats]:
    """The second road: (posture, line) lengths and (posture, line, 3) arms, whose slope is taken by small rotations of the whole leg.

    Slow, and written from the definition: length is the root of the harmonics' sum at n = R' A.
    """
    rotation, axes = rotations(angles)

    def length(turned: Floats) -> Floats:
        seen = np.einsum("qji,lj->qli", turned, body.origin_m)
        return np.asarray(np.sqrt(np.einsum("qlt,lt->ql", harmonics(seen), body.coefficients_m2)))

    step = 1e-5
    arms = [-(length(_turn(axes[:, k], step) @ rotation) - length(_turn(axes[:, k], -step) @ rotation)) / (2 * step) for k in range(3)]
    return length(rotation), np.stack(arms, axis=-1)


def rotations(angles: Floats) -> tuple[Floats, Floats]:
    """(posture, 3, 3) femur in pelvis for hip angles (posture, 3) [rad], and (posture, 3, 3) the axes of the three angles in the pelvis."""
    c, s = np.cos(angles), np.sin(angles)
    (cf, cg, ck), (sf, sg, sk) = c.T, s.T
    zero = np.zeros_like(cf)
    rotation = np.stack(
        [
            np.stack([cf * ck - sf * sg * sk, -sf * cg, cf * sk + sf * sg * ck], -1),
            np.stack([sf * ck + cf * sg * sk, cf * cg, sf * sk - cf * sg * ck], -1),
            np.stack([-cg * sk, sg, cg * ck], -1),
        ],
        axis=1,
    )
    axes = np.stack([np.stack([zero, zero, zero + 1], -1), np.stack([cf, sf, zero], -1), np.stack([-sf * cg, cf * cg, sg], -1)], axis=1)
    return rotation, axes


def _turn(axis: Floats, angle: float) -> Floats:
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack([np.stack([zero, -z, y], -1), np.stack([z, zero, -x], -1), np.stack([-y, x, zero], -1)], axis=1)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def monomials(coefficients: Floats) -> Floats:
    """(20, line) symmetric tensors of the polynomial in n [m] whose harmonics (line, 16) are given: 1, 3, 6 and 10 terms."""
    c = np.asarray(coefficients, dtype=np.float64).T
    if c.shape[0] != TERMS:
        raise ModelError(f"a line has {c.shape[0]} coefficients; expected {TERMS}.")
    third = [
        *(c[10] - c[13], (3 * c[11] - c[14]) / 3, (c[12] - 3 * c[15]) / 3, (-3 * c[10] - c[13]) / 3, c[9] / 6),
        *(4 * c[13] / 3, -c[11] - c[14], (-c[12] - 3 * c[15]) / 3, 4 * c[14] / 3, 2 * c[15]),
    ]
    second = [c[7] - c[8], c[4] / 2, c[6] / 2, -c[7] - c[8], c[5] / 2, 2 * c[8]]
    degree = np.array([0] + [1] * 3 + [2] * 6 + [3] * 10)
    return np.ascontiguousarray(np.stack([c[0], *c[1:4], *second, *third]) / SCALE_M ** degree[:, None])


def pulls(body: LineField, posture: Posture) -> tuple[Floats, Floats]:
    """(posture, line, 3) unit pull of each line on the femur [pelvis frame], and (posture, line) whether one exists.

    The pelvis receives minus the pull at the line's origin A. Of all unit forces at A with the line's moment m about the hip there are two:
    A x (A x ...) leaves the one that runs from the femur to A. None exists where the arm is longer than A is away from the hip.
    """
    arms = moment_arms(body, posture)
    _, axes = rotations(of_leg(posture, body.side).hip())
    moment = np.linalg.solve(axes[:, None], arms.m[..., None])[..., 0]  # arm k = moment . axis k
    origin = body.origin_m
    reach = np.einsum("li,li->l", origin, origin)
    rest = 1 - np.einsum("qli,qli->ql", moment, moment) / reach
    along = np.sqrt(np.maximum(rest, 0) / reach)
    unit = origin * along[..., None] + np.cross(moment, origin) / reach[:, None]
    return unit, rest > 0


def fibre_length(body: LineField, length_m: Floats) -> Floats:
    """(posture, line) normalised fibre length; the fibres keep their thickness as they change length (rigid tendon)."""
    return normalised(length_m, optimal_fibre_m=body.optimal_fibre_m, slack_m=body.slack_m, pennation_rad=body.pennation_rad)[0]


def capacity(body: LineField, length_m: Floats) -> Floats:
    """(posture, line) largest isometric force along the line [N]: active force by length times the cosine of pennation."""
    return fibre(
        length_m, optimal_fibre_m=body.optimal_fibre_m, slack_m=body.slack_m, pennation_rad=body.pennation_rad, max_force_n=body.max_force_n
    ).active_n


def regional(body: LineField, values: Floats, region: Region, weights: Floats | None = None) -> Floats:
    """(posture, ...) mean of ``values`` (posture, line, ...) over the lines of a region, each counted by its force."""
    chosen: NDArray[np.bool_] = body.of_region(region)
    weight = body.max_force_n if weights is None else weights
    return np.asarray(np.tensordot(values[:, chosen], weight[chosen] / weight[chosen].sum(), axes=(1, 0)))
