"""Forces on the sacroiliac joint: how a pull on the sacrum splits into compression and shear of each joint.

The sacrum is a free body. A line that begins on it (or on coccyx, sacrotuberous ligament, thoracolumbar fascia) and ends on the leg draws
it towards that leg and is held up by the joint of that side. Compression is positive, across the plane of the joint; shear lies in it.
Without the shape of a person's sacrum this is an index, not a measurement (docs: sacroiliac).

Frame: pelvis, x forward, y up, z to the side of the joint, as in `anatomy.gluteus_maximus.LineField`; a left joint is the mirror of a right
one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import pulls
from hipspine.mechanics.posture import Posture
from hipspine.terms import Floats

_NEUTRAL = Posture.of(hip_flexion_deg=0.0)


@dataclass(frozen=True, slots=True)
class JointPlane:
    """One plane that stands for a joint whose three portions lie in three planes.

    ``about_vertical_rad`` > 0: its front edge lies further out, the face of the sacrum looks outwards and back. ``about_forward_rad`` > 0:
    its upper edge lies further out, the sacrum is a wedge that sinks in. Both 0: the sagittal plane, as Barker 2014 (J007).

    >>> JointPlane().normal.tolist()
    [0.0, 0.0, 1.0]
    """

    about_vertical_rad: float = 0.0
    about_forward_rad: float = 0.0

    def __post_init__(self) -> None:
        for name, angle in (("about_vertical", self.about_vertical_rad), ("about_forward", self.about_forward_rad)):
            if not abs(angle) < np.pi / 3:
                raise ModelError(f"{name} of the sacroiliac plane is {np.degrees(angle):g} deg; give less than 60 deg either way.")

    @property
    def normal(self) -> Floats:
        """(3,) unit vector out of the sacrum, towards the hip bone."""
        (a, b), (c, d) = (
            np.sin([self.about_vertical_rad, self.about_forward_rad]),
            np.cos([self.about_vertical_rad, self.about_forward_rad]),
        )
        return np.array([-a * d + 0.0, -b + 0.0, c * d])

    @property
    def up(self) -> Floats:
        """(3,) unit vector in the plane, as nearly upwards as it goes."""
        up = np.array([0.0, 1.0, 0.0]) - self.normal * self.normal[1]
        return np.asarray(up / np.linalg.norm(up))

    @property
    def forward(self) -> Floats:
        """(3,) unit vector in the plane, square to `up`."""
        return np.cross(self.up, self.normal)


@dataclass(frozen=True, slots=True, eq=False)
class JointForce:
    """What one joint carries."""

    normal_n: Floats  # (...) compression; below 0 the force opens the joint
    shear_n: Floats  # (..., 2) of the sacrum against the hip bone: forward, up

    @property
    def shear_size_n(self) -> Floats:
        """(...) size of the shear."""
        return np.asarray(np.hypot(self.shear_n[..., 0], self.shear_n[..., 1]))

    def ratio(self) -> Floats:
        """(...) shear for each newton of compression: the friction that would be needed; infinite where nothing compresses the joint."""
        pressed = self.normal_n > 0
        return np.where(pressed, self.shear_size_n / np.where(pressed, self.normal_n, 1.0), np.inf)


def on_joint(force_n: ArrayLike, plane: JointPlane) -> JointForce:
    """A force on the sacrum (..., 3) [N] as compression and shear of the joint that holds it up.

    >>> carried = on_joint([0.0, -30.0, 40.0], JointPlane())
    >>> carried.normal_n.item(), carried.shear_n.tolist(), carried.ratio().item()
    (40.0, [0.0, -30.0], 0.75)
    """
    force = np.asarray(force_n, dtype=np.float64)
    if force.shape[-1:] != (3,) or not np.isfinite(force).all():
        raise ModelError(f"forces on the sacrum have shape {force.shape}; give (..., 3) finite numbers [N]: forward, up, to the side.")
    return JointForce(force @ plane.normal, np.stack([force @ plane.forward, force @ plane.up], axis=-1))


def by_virtual_displacement(
    origin_m: Floats, unit_pull: Floats, tension_n: Floats, plane: JointPlane, *, step_m: float = 1e-4
) -> JointForce:
    """The second road: lines (line, 3) are strings to far anchors; the sacrum is shifted a little and the work of their tensions counted.

    No force is projected: compression is the work per metre of a shift along the normal, shear that of shifts in the plane.
    """
    anchor = origin_m + unit_pull

    def length(shift: Floats) -> Floats:
        return np.asarray(np.linalg.norm(anchor - origin_m - shift, axis=-1))

    def work(along: Floats) -> float:
        return float(tension_n @ (length(-step_m * along) - length(step_m * along)) / (2 * step_m))

    return JointForce(np.array(work(plane.normal)), np.array([work(plane.forward), work(plane.up)]))


@dataclass(frozen=True, slots=True)
class Fascicles:
    """How fibres leave the sacrum in neutral posture, where that is known better than from the arms of their lines.

    Cadavers show slopes of 32 to 45 deg below the horizontal (J005); every set of model lines, ours too, is steeper: near its origin the
    sheet is held by what lies under and over it, so that arms about the hip do not tell how fibres leave the bone.
    """

    slope_rad: float  # below the horizontal
    heading_share: float = 1.0  # 1: heading of the line itself; 0: straight to the side, as in the flat view of Barker 2014

    def __post_init__(self) -> None:
        if not abs(self.slope_rad) < np.pi / 2:
            raise ModelError(f"slope of the fascicles is {np.degrees(self.slope_rad):g} deg; give less than 90 deg either way, such as 38.")
        if not 0 <= self.heading_share <= 1:
            raise ModelError(f"heading share of the fascicles is {self.heading_share:g}; give 0 (to the side) to 1 (as the line).")


def pull_on_sacrum(field: LineField, posture: Posture, *, fascicles: Fascicles | None = None) -> Floats:
    """(posture, line, 3) unit pull of each line of gluteus maximus on the bone it begins on.

    Args:
        field: the lines.
        posture: of the hip.
        fascicles: None: the pull that belongs to the moment arms of the line. Otherwise each line is turned so that it leaves the bone as
            given in neutral posture, and keeps this turn in other postures (an assumption).

    Raises:
        ModelError: an angle that no hip can reach, or a line whose arms no pull at its origin can have.
    """
    unit, exists = pulls(field, posture)
    if not exists.all():
        line = field.names[int(np.argwhere(np.logical_not(exists))[0][1])]
        raise ModelError(f"line {line} has arms that no pull at its origin can have in this posture.")
    if fascicles is None:
        return -unit
    neutral = -pulls(field, _NEUTRAL)[0][0]
    return _turned(-unit, neutral, leaving(neutral, np.array(fascicles.slope_rad), np.array(fascicles.heading_share)))


def leaving(neutral: Floats, slope_rad: Floats, heading_share: Floats) -> Floats:
    """(..., line, 3) unit pulls with slopes and heading shares (...) instead of those of the neutral pulls (line, 3)."""
    heading = np.arctan2(neutral[:, 0], neutral[:, 2]) * heading_share[..., None]
    slope = np.broadcast_to(slope_rad[..., None], heading.shape)
    return np.stack([np.cos(slope) * np.sin(heading), -np.sin(slope), np.cos(slope) * np.cos(heading)], axis=-1)


def gluteus_maximus_on_joint(
    field: LineField,
    posture: Posture,
    line_force_n: Floats,
    *,
    plane: JointPlane | None = None,
    fascicles: Fascicles | None = None,
    share_crossing: float | None = None,
) -> JointForce:
    """What the joint of the muscle's side carries because gluteus maximus pulls; (posture,) each.

    Args:
        field: the lines; ``sacral`` says which share of each crosses the joint.
        posture: of the hip.
        line_force_n: (posture, line) force along each line.
        plane: of the joint; the sagittal plane by default.
        fascicles: how fibres leave the sacrum, see `pull_on_sacrum`.
        share_crossing: share of the whole muscle that crosses the joint; by default that of the field.
    """
    pull = pull_on_sacrum(field, posture, fascicles=fascicles)
    crossing = sacral_shares(field, share_crossing)
    return on_joint(np.einsum("ql,l,qli->qi", line_force_n, crossing, pull), JointPlane() if plane is None else plane)


def sacral_shares(field: LineField, share_crossing: float | None = None) -> Floats:
    """(line,) share of each line's fibres that cross the joint; moved together until that of the whole muscle is ``share_crossing``."""
    if share_crossing is None:
        return field.sacral
    if not 0 <= share_crossing <= 1:
        raise ModelError(f"share of the muscle that crosses the joint is {share_crossing:g}; give 0 to 1, such as 0.7.")
    own = float(field.sacral @ field.max_force_n / field.max_force_n.sum())
    if share_crossing <= own:
        return field.sacral * (share_crossing / own)
    return np.asarray(field.sacral + (1 - field.sacral) * (share_crossing - own) / (1 - own))


def both_joints(
    right_n: ArrayLike, left_n: ArrayLike, trunk_n: ArrayLike, *, plane: JointPlane | None = None
) -> tuple[JointForce, JointForce]:
    """Right and left joint when the sacrum is drawn to both sides and the trunk stands on it.

    Args:
        right_n, left_n: (..., 3) sum of what crosses each joint, in the frame of the right (z to the right).
        trunk_n: (..., 3) what L5 does to the sacrum; each joint takes half of it (an assumption: with two joints statics alone leaves open
            how a force to the side is shared).
        plane: of the right joint; the left is its mirror.
    """
    plane = JointPlane() if plane is None else plane
    half, mirror = np.asarray(trunk_n, dtype=np.float64) / 2, np.array([1.0, 1.0, -1.0])
    right, left = np.asarray(right_n, dtype=np.float64) + half, np.asarray(left_n, dtype=np.float64) + half
    return on_joint(right, plane), on_joint(left * mirror, plane)


def ligament_force(lengthening_m: ArrayLike, *, stiffness_n_per_m: float, slack_m: float = 0.0) -> Floats:
    """Tension of a ligament that is lengthened by so much; it never pushes.

    >>> ligament_force([-0.001, 0.0005, 0.001], stiffness_n_per_m=1e6, slack_m=0.0002).round(6).tolist()
    [0.0, 300.0, 800.0]
    """
    if not (stiffness_n_per_m > 0 and slack_m >= 0):
        raise ModelError(
            f"a ligament has stiffness {stiffness_n_per_m:g} N/m and slack {slack_m:g} m; give a stiffness above 0, a slack of 0 or more."
        )
    return stiffness_n_per_m * np.maximum(np.asarray(lengthening_m, dtype=np.float64) - slack_m, 0.0)


def _turned(pull: Floats, neutral: Floats, wanted: Floats) -> Floats:
    """(posture, line, 3) pulls, each line turned by the shortest turn that takes its neutral pull (line, 3) to the wanted one."""
    axis, cosine = np.cross(neutral, wanted), np.einsum("li,li->l", neutral, wanted)
    across = np.cross(axis, pull)
    return np.asarray(pull + across + np.cross(axis, across) / (1 + cosine)[:, None])
