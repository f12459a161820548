"""What a muscle line can pull at its present length: fibres and tendon in a row, a Hill-type muscle with a rigid tendon.

The fibres keep their thickness as they shorten, so that they lie at a steeper angle; what pulls along the line is their force times the
cosine of that angle. The tendon does not stretch by default: Millard 2013 (doi:10.1115/1.4023390) found the rigid tendon to give the
forces of an elastic one where the tendon is short, as it is at the hip.

Two published shapes. THELEN is the default: one width, never zero, broad like a whole muscle whose fibres do not all have the same
length, and the curve for which the lines of gait2392 were made. DE_GROOTE falls off faster on both sides (at 0.6 and 1.4 of the
optimal length it gives 0.30 and 0.38 where THELEN gives 0.70); it stands for the narrow end in ensembles.

Sources: Thelen 2003 (doi:10.1115/1.1531112), values for young adults: gamma 0.45, k 5, strain 0.6, as quoted in the muscle notebook of
Duarte and Watanabe's BMC course [second-hand] and as the Thelen muscle of OpenSim 4.6 comes with [read from the program]. De Groote 2016
(doi:10.1007/s10439-016-1591-9), values of the authors' code as quoted alike in four public programs [second-hand]; the first of them
differs from the paper's supplement so that the curve is 1 at 1.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipspine.errors import ModelError
from hipspine.terms import Floats

THELEN_WIDTH = 0.45
THELEN_STIFFNESS = 5.0
DE_GROOTE_STIFFNESS = 4.0
PASSIVE_STRAIN = 0.6  # at which passive force equals the greatest active force; the same in both
DE_GROOTE_SHORTEST = 0.2  # normalised length at which passive force is 0
# height, centre, width and widening with length of three bells
BELLS = (
    (0.8150671134243542, 1.055033428970575, 0.162384573599574, 0.063303448465465),
    (0.433004984392647, 0.716775413397760, -0.029947116970696, 0.200356847296188),
    (0.1, 1.0, 0.353553390593274, 0.0),
)
_VELOCITY = (-0.3211346127989808, -8.149, -0.374, 0.8825327733249912)


class Curve(StrEnum):
    """Published shape of force over fibre length."""

    THELEN = "thelen_2003"
    DE_GROOTE = "de_groote_2016"


@dataclass(frozen=True, slots=True, eq=False)
class Fibre:
    """State of the fibres of each line."""

    norm: Floats  # (posture, line) length over optimal length
    cosine: Floats  # (posture, line) of the angle between fibres and line
    active_n: Floats  # (posture, line) greatest isometric force along the line, at activation 1
    passive_n: Floats  # (posture, line) force along the line at rest


def fibre(
    length_m: ArrayLike,
    *,
    optimal_fibre_m: ArrayLike,
    slack_m: ArrayLike,
    pennation_rad: ArrayLike,
    max_force_n: ArrayLike,
    curve: Curve = Curve.THELEN,
) -> Fibre:
    """Length, active capacity and passive force of the fibres of each line; a line shorter than its tendon pulls with no force.

    Args:
        length_m: (posture, line) of the whole line, tendon included.
        optimal_fibre_m, slack_m, pennation_rad, max_force_n: (line,) of the fibres at their best length; slack is the tendon's length.
        curve: published shape of force over length.

    Raises:
        ModelError: a length or force that is not finite or not above 0, or a pennation of 90 degrees or more.

    >>> one = fibre([[0.30]], optimal_fibre_m=[0.15], slack_m=[0.15], pennation_rad=[0.0], max_force_n=[1000.0])
    >>> one.norm.item(), one.active_n.item(), one.passive_n.item()
    (1.0, 1000.0, 0.0)
    """
    optimal, force = np.asarray(optimal_fibre_m, dtype=np.float64), np.asarray(max_force_n, dtype=np.float64)
    norm, cosine = normalised(length_m, optimal_fibre_m=optimal, slack_m=slack_m, pennation_rad=pennation_rad)
    if not (np.isfinite(force) & (force >= 0)).all():
        raise ModelError(f"max_force_n holds {_first_wrong(force, force >= 0)}; give finite forces of at least 0.")
    pull = force * cosine
    return Fibre(norm, cosine, active_share(norm, curve) * pull, passive_share(norm, curve) * pull)


def normalised(length_m: ArrayLike, *, optimal_fibre_m: ArrayLike, slack_m: ArrayLike, pennation_rad: ArrayLike) -> tuple[Floats, Floats]:
    """(posture, line) fibre length over its optimal length, and cosine of its angle to the line; arguments as in `fibre`."""
    length, optimal = np.asarray(length_m, dtype=np.float64), np.asarray(optimal_fibre_m, dtype=np.float64)
    slack, pennation = np.asarray(slack_m, dtype=np.float64), np.asarray(pennation_rad, dtype=np.float64)
    if not np.isfinite(length).all():
        raise ModelError(f"length_m holds {_first_wrong(length, np.isfinite(length))}; give finite lengths in metres.")
    if not (np.isfinite(optimal) & (optimal > 0)).all():
        raise ModelError(f"optimal_fibre_m holds {_first_wrong(optimal, optimal > 0)}; give lengths above 0 in metres.")
    if not np.isfinite(slack).all():
        raise ModelError(f"slack_m holds {_first_wrong(slack, np.isfinite(slack))}; give finite lengths in metres.")
    if not ((pennation >= 0) & (pennation < np.pi / 2)).all():
        fits = (pennation >= 0) & (pennation < np.pi / 2)
        raise ModelError(f"pennation_rad holds {_first_wrong(pennation, fits)}; give 0 to less than pi / 2.")
    along = np.maximum(length - slack, 0.0)
    whole = np.hypot(along, optimal * np.sin(pennation))
    return np.asarray(whole / optimal), np.asarray(along / np.where(whole > 0, whole, 1.0))


def active_share(norm: ArrayLike, curve: Curve = Curve.THELEN) -> Floats:
    """Active force at full activation as a share of the greatest, by normalised fibre length.

    >>> active_share([0.6, 1.0, 1.4]).round(2)
    array([0.7, 1. , 0.7])
    >>> active_share([0.6, 1.0, 1.4], Curve.DE_GROOTE).round(2)
    array([0.3 , 1.  , 0.38])
    """
    length = np.asarray(norm, dtype=np.float64)
    if curve is Curve.THELEN:
        return np.asarray(np.exp(-((length - 1) ** 2) / THELEN_WIDTH))
    total = np.zeros_like(length)
    for height, centre, width, widening in BELLS:
        # where the width is 0 or less (the second bell, below 0.15) the bell has ended
        spread = width + widening * length
        ends = spread <= 0
        total += np.where(ends, 0.0, height * np.exp(-0.5 * ((length - centre) / np.where(ends, 1.0, spread)) ** 2))
    return total


def passive_share(norm: ArrayLike, curve: Curve = Curve.THELEN) -> Floats:
    """Passive force as a share of the greatest active one, by normalised fibre length: never negative, 1 at 1.6.

    THELEN begins at the optimal length; DE_GROOTE begins at 0.2 of it, smoothly, and has 0.018 at the optimal length.
    """
    length = np.asarray(norm, dtype=np.float64)
    stiffness = THELEN_STIFFNESS if curve is Curve.THELEN else DE_GROOTE_STIFFNESS
    begins = 1.0 if curve is Curve.THELEN else DE_GROOTE_SHORTEST
    zero = np.exp(stiffness * (begins - 1) / PASSIVE_STRAIN)
    return np.asarray((np.exp(stiffness * (np.maximum(length, begins) - 1) / PASSIVE_STRAIN) - zero) / (np.exp(stiffness) - zero))


def velocity_share(speed: ArrayLike) -> Floats:
    """Active force as a share of the isometric one, by fibre speed over its greatest (+ lengthening, -1 to 1): De Groote 2016.

    For movements with a tempo; held positions do without. It is 1 at rest, 0 at -1 and 1.79 at +1.
    """
    d1, d2, d3, d4 = _VELOCITY
    value = np.asarray(speed, dtype=np.float64)
    if not (np.abs(value) <= 1).all():
        raise ModelError(f"speed holds {_first_wrong(value, np.abs(value) <= 1)}; give a share of the greatest speed, -1 to 1.")
    return np.asarray(np.maximum(d1 * np.arcsinh(d2 * value + d3) + d4, 0.0))


def _first_wrong(values: Floats, fits: NDArray[np.bool_]) -> float:
    return float(values[~(fits & np.isfinite(values))].flat[0])
