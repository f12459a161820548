"""The posterior oblique sling: latissimus dorsi, thoracolumbar fascia and the upper gluteus maximus of the other side as one string.

That latissimus draws on the other hip has been seen (J037, J038: the resting hip turns outwards) and that fascia carries tension across the
midline too (J039); which share of the pull arrives at gluteus maximus nobody has measured. So the share is an assumption (0 to 0.3), the
effect is a range, and no load of hipspine contains it unless somebody asks.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.gluteus_maximus import LineField
from hipspine.errors import ModelError
from hipspine.mechanics.arms import moment_arms, regional
from hipspine.mechanics.posture import HIP, Posture
from hipspine.mechanics.sacroiliac import Fascicles, JointPlane, on_joint, pull_on_sacrum
from hipspine.mechanics.sacroiliac_data import assumption, number
from hipspine.terms import Floats, Region

ON_BY_DEFAULT = False
MOST_SHARE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SlingEffect:
    """What the sling adds on the side of the gluteus maximus that it ends in."""

    tension_n: Floats  # (sample,) along the upper gluteus maximus
    normal_n: Floats  # (sample,) compression of the sacroiliac joint
    moment_nm: Floats  # (sample, 3) about the hip: flexion, adduction, internal rotation


def sling(
    field: LineField,
    posture: Posture,
    *,
    latissimus_n: float | None = None,
    share: Floats | None = None,
    plane: JointPlane | None = None,
    fascicles: Fascicles | None = None,
) -> SlingEffect:
    """Effect of a pull of latissimus dorsi of the other side, one sample for each share that is transmitted.

    The string passes behind the sacrum and both joints, so all of it crosses the joint of the gluteus maximus that it ends in.

    Args:
        field: gluteus maximus in which the string ends; its upper third carries it.
        posture: one posture of the hip.
        latissimus_n: pull of latissimus dorsi; its largest force (J034) by default. A string does not push: below 0 it is slack.
        share: (sample,) of that pull which arrives; the ends and the middle of the assumption by default.
        plane: of the joint; the sagittal plane by default.
        fascicles: how fibres leave the sacrum; 38.5 deg below the horizontal (J005), to the side, by default.

    Raises:
        ModelError: a share outside 0 to 1, a force that is not a number, or more than one posture.
    """
    prior = assumption("sling_share")
    share = np.array([prior.low, prior.value, prior.high]) if share is None else np.atleast_1d(np.asarray(share, dtype=np.float64))
    force = number("J034") if latissimus_n is None else latissimus_n
    outside = share[~((share >= 0) & (share <= MOST_SHARE))]
    if outside.size:
        raise ModelError(f"share of the sling is {outside[0]:g}; give 0 to 1; {prior.low:g} to {prior.high:g} is assumed.")
    if not np.isfinite(force):
        raise ModelError(f"pull of latissimus dorsi is {force:g} N; give a finite number, such as 200.")
    if posture.size != 1:
        raise ModelError(f"the sling was asked for {posture.size} postures at once; give one.")
    fascicles = Fascicles(float(np.radians(number("J005"))), 0.0) if fascicles is None else fascicles
    tension = share * max(force, 0.0)
    pull = regional(field, pull_on_sacrum(field, posture, fascicles=fascicles), Region.UPPER)[0]
    arms = regional(field, moment_arms(field, posture).m, Region.UPPER)[0]
    carried = on_joint(tension[:, None] * pull, JointPlane() if plane is None else plane)
    return SlingEffect(tension, carried.normal_n, tension[:, None] * arms + 0.0)


def moment_names() -> tuple[str, ...]:
    """Names of the last dimension of `SlingEffect.moment_nm`."""
    return HIP
