"""How hard gluteus maximus alone presses the sacroiliac joint together, with everything that is uncertain about it drawn at random.

Middle of each input: Barker 2014 (cross-section, share that crosses, slope of the fascicles, plane of the joint, tension); ends and spread:
``sacroiliac_assumptions.csv``. Barker's own 702 N is not an input and nothing is scaled to it.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus, members
from hipspine.errors import ModelError
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.sacroiliac import JointForce, JointPlane, leaving, on_joint, pull_on_sacrum, sacral_shares
from hipspine.mechanics.sacroiliac_data import assumption
from hipspine.terms import Floats

MOST_SAMPLES = 100_000
_NEUTRAL = Posture.of(hip_flexion_deg=0.0)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to read the same muscle; what is None is drawn from the assumptions."""

    label: str
    fascicles: bool = True  # False: the pull that belongs to the moment arms of the lines
    tilt_about_vertical_deg: tuple[float, float] | None = None
    whole_force_n: float | None = None  # instead of cross-section times tension


def gluteus_maximus_ensemble(*, activation: float, samples: int, rng: np.random.Generator, variant: Variant | None = None) -> JointForce:
    """(sample,) compression and shear of one joint, hip in neutral posture, gluteus maximus of that side alone, no trunk upon it.

    Args:
        activation: share of the largest force, 0 to 1; force grows in proportion.
        samples: 1 to 100,000.
        rng: the dice.
        variant: another reading of the inputs.

    Raises:
        ModelError: an activation or a number of samples outside its range.
    """
    if not 0 <= activation <= 1:
        raise ModelError(f"activation is {activation:g}; give a share of the largest force between 0 and 1, such as 0.5.")
    if not 1 <= samples <= MOST_SAMPLES:
        raise ModelError(f"samples is {samples}; give 1 to {MOST_SAMPLES}, such as 2000.")
    variant = Variant("cadaver") if variant is None else variant
    drawn = {name: assumption(name).draw(rng, samples) for name in INPUTS}
    fields = _fields()
    which = rng.integers(len(fields), size=samples)
    force = np.full(samples, variant.whole_force_n) if variant.whole_force_n else drawn["tension_n_per_cm2"] * drawn["cross_section_cm2"]
    vertical, forward = np.radians(drawn["tilt_about_vertical_deg"]), np.radians(drawn["tilt_about_forward_deg"])
    if variant.tilt_about_vertical_deg is not None:
        vertical = np.radians(rng.uniform(*variant.tilt_about_vertical_deg, samples))
    slope, heading = np.radians(drawn["fascicle_slope_deg"]), drawn["heading_share"]
    normal, shear = np.empty(samples), np.empty((samples, 2))
    pulls = [pull_on_sacrum(field, _NEUTRAL)[0] for field in fields]
    for k in range(samples):
        field, pull = fields[which[k]], pulls[which[k]]
        if variant.fascicles:
            pull = leaving(pull, slope[k], heading[k])
        weight = field.max_force_n / field.max_force_n.sum() * sacral_shares(field, float(drawn["share_crossing"][k]))
        carried = on_joint(activation * force[k] * (weight @ pull), JointPlane(float(vertical[k]), float(forward[k])))
        normal[k], shear[k] = carried.normal_n, carried.shear_n
    return JointForce(normal, shear)


def interval(values: Floats) -> dict[str, float]:
    """Median and the ends between which 90 % of the samples lie.

    >>> interval(np.arange(101.0))
    {'median': 50.0, 'low': 5.0, 'high': 95.0}
    """
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"median": float(median), "low": float(low), "high": float(high)}


INPUTS = (
    *("tension_n_per_cm2", "cross_section_cm2", "share_crossing"),
    *("fascicle_slope_deg", "heading_share", "tilt_about_vertical_deg", "tilt_about_forward_deg"),
)


def _fields() -> list[LineField]:
    return [gluteus_maximus(member=k) for k in range(members())] or [gluteus_maximus()]
