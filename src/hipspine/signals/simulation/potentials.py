"""What one motor unit looks like at a pair of skin electrodes: an analytic volume conductor.

A muscle fibre lies parallel to the skin in anisotropic muscle below a layer of fat; air above the skin carries no current. Poisson's
equation is solved by Fourier transform along and across the fibres, the classical road of planar models (Farina and Rainoldi 1999, doi
10.1016/S1350-4533(99)00075-2; derived here anew, the paper itself not seen). The action potential starts at the end plate, runs both
ways and is extinguished at the tendons; writing its source as a dipole density that exists only between end plate and tendon gives the
generation and the end-of-fibre potentials without further terms.

Lengths are millimetres in this module, because the action potential is published so; conductivities S/m, potentials volts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hipspine.errors import InputError
from hipspine.terms import Floats

GRID_MM = 0.5  # along the fibre
REACH_MM = 130.0  # how far from the electrodes fibres may lie
_DEPTHS_MM = np.geomspace(0.5, 40.0, 22)  # below the fat
_ASIDES_MM = np.r_[0.0, np.geomspace(1.5, 50.0, 19)]


@dataclass(frozen=True, slots=True)
class Electrode:
    """Two round electrodes in line with the fibres, and the tissue between them and the muscle.

    Size and distance follow SENIAM (10 mm, 20 mm apart). Conductivities as in the planar model of Petersen and Rostalski's simulator
    (config files of semgsim; Front Physiol 2019, doi 10.3389/fphys.2019.00176, paper not seen).
    """

    fat_mm: float = 4.0
    distance_mm: float = 20.0  # centre to centre
    diameter_mm: float = 10.0
    along_s_per_m: float = 0.5  # muscle, along the fibres
    across_s_per_m: float = 0.1
    fat_s_per_m: float = 0.05

    def __post_init__(self) -> None:
        if not 0.0 <= self.fat_mm <= 60.0:
            raise InputError(f"fat_mm is {self.fat_mm:g}; give the thickness of the fat layer in millimetres between 0 and 60")
        if min(self.distance_mm, self.along_s_per_m, self.across_s_per_m, self.fat_s_per_m) <= 0 or self.diameter_mm < 0:
            raise InputError("electrode distance and conductivities must be above 0, the diameter 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class Fibres:
    """Muscle fibres seen from the middle between the electrodes; each array has one entry per fibre."""

    unit: NDArray[np.int64]  # index of the motor unit
    weight: Floats  # how many fibres this one stands for
    depth_mm: Floats  # below the fat
    aside_mm: Floats  # across the fibres
    plate_mm: Floats  # position of the end plate along the fibre
    tendons_mm: Floats  # (fibre, 2) positions of both ends
    diameter_um: Floats


def action_potential_slope(behind_mm: Floats) -> Floats:
    """Change of the intracellular potential per millimetre [V/mm], at distances behind the wave front [mm].

    Rosenfalck's shape ``96 z^3 exp(-z) - 90`` mV, z in mm (constants as documented for semgsim's ``IAP_Rosenfalck``).

    >>> z = np.linspace(0.0, 40.0, 4001)
    >>> bool(abs(np.trapezoid(action_potential_slope(z), z)) < 1e-9)   # the membrane returns to rest
    True
    """
    z = np.maximum(behind_mm, 0.0)
    return np.asarray(0.096 * (3.0 * z**2 - z**3) * np.exp(-z))


def unit_potentials(fibres: Fibres, *, units: int, velocity_m_per_s: Floats, rate_hz: float, electrode: Electrode) -> Floats:
    """Potential of each motor unit (unit, sample) at the electrode pair [V], from the moment its end plates fire.

    Args:
        velocity_m_per_s: (unit,) conduction velocity along the muscle fibres.
        rate_hz: sampling of the result; choose it fine (16 kHz), the recording is made from it.
    """
    longest_mm = float(np.max(np.abs(fibres.tendons_mm - fibres.plate_mm[:, None])))
    run_mm = np.arange(0.0, longest_mm + GRID_MM, GRID_MM) + GRID_MM / 2
    travelled_mm = np.arange(0.0, longest_mm + 15.0, GRID_MM / 2)  # 15 mm: the length of the action potential
    wave = action_potential_slope(travelled_mm[:, None] - run_mm[None, :]) * GRID_MM
    direction = np.repeat([-1.0, 1.0], run_mm.size)  # both waves of a fibre side by side
    away_mm = np.tile(run_mm, 2)
    reach_mm = np.repeat(np.abs(fibres.tendons_mm - fibres.plate_mm[:, None]), run_mm.size, axis=1)
    alive = np.clip((reach_mm - away_mm) / GRID_MM + 0.5, 0.0, 1.0)
    strength = fibres.weight * 1.01 * np.pi / 4 * (fibres.diameter_um * 1e-6) ** 2 * 1e3  # S m * (mm per m): 1.01 S/m inside a fibre
    sensitivity = lead_field_slope(fibres, fibres.plate_mm[:, None] + direction * away_mm, electrode=electrode)
    sensitivity *= alive * direction * strength[:, None]
    per_unit = np.zeros((units, run_mm.size))
    np.add.at(per_unit, fibres.unit, sensitivity[:, : run_mm.size] + sensitivity[:, run_mm.size :])
    seen = wave @ per_unit.T
    times_s = np.arange(round((travelled_mm[-1] / 1e3 / velocity_m_per_s.min()) * rate_hz)) / rate_hz
    return np.stack([np.interp(times_s * v * 1e3, travelled_mm, seen[:, u], right=0.0) for u, v in enumerate(velocity_m_per_s)])


def lead_field_slope(fibres: Fibres, places_mm: Floats, *, electrode: Electrode) -> Floats:
    """(fibre, place) derivative along the fibre of the bipolar potential that a unit current would make [V/A per mm], interpolated."""
    table = _slope_table(electrode)
    row, below = _between(np.interp(np.log(fibres.depth_mm), np.log(_DEPTHS_MM), np.arange(_DEPTHS_MM.size)), _DEPTHS_MM.size)
    column, beyond = _between(np.interp(np.abs(fibres.aside_mm), _ASIDES_MM, np.arange(_ASIDES_MM.size)), _ASIDES_MM.size)
    profiles = np.zeros((row.size, table.shape[2]))
    for down, right, share in (
        (0, 0, (1 - below) * (1 - beyond)),
        (0, 1, (1 - below) * beyond),
        (1, 0, below * (1 - beyond)),
        (1, 1, below * beyond),
    ):
        profiles += share[:, None] * table[row + down, column + right]
    place, on = _between(np.abs(places_mm) / GRID_MM, table.shape[2])
    return np.asarray((1 - on) * np.take_along_axis(profiles, place, axis=1) + on * np.take_along_axis(profiles, place + 1, axis=1))


def _between(position: Floats, size: int) -> tuple[NDArray[np.int64], Floats]:
    """Lower grid point and share of the way to the next one; what lies beyond the grid takes its edge."""
    lower = np.clip(position.astype(np.int64), 0, size - 2)
    return lower, np.clip(position - lower, 0.0, 1.0)


@lru_cache(maxsize=16)
def _slope_table(electrode: Electrode) -> Floats:
    """(depth, aside, along) table behind `lead_field_slope`; it depends on the electrode alone."""
    return bipolar_slope(_DEPTHS_MM, _ASIDES_MM, np.arange(0.0, REACH_MM + GRID_MM, GRID_MM), electrode=electrode)


def bipolar_slope(depths_mm: Floats, asides_mm: Floats, along_mm: Floats, *, electrode: Electrode) -> Floats:
    """(depth, aside, along) derivative along the fibre of the difference between both electrodes per unit current [V/A per mm]."""

    def pair(k: Floats) -> Floats:  # i k of the derivative times -2 i sin of the difference: real, and even in k
        return 2.0 * k * np.sin(0.5 * k * electrode.distance_mm)

    return _inverse_transform(depths_mm, asides_mm, along_mm, electrode=electrode, weighting=pair)


def monopolar_potential(depths_mm: Floats, asides_mm: Floats, along_mm: Floats, *, electrode: Electrode) -> Floats:
    """(depth, aside, along) potential at ONE electrode on the skin per unit current in the muscle [V/A], up to a constant.

    The constant is the one cell of wave numbers around 0 that a sum leaves out; a difference of potentials does not know it.
    """
    return _inverse_transform(depths_mm, asides_mm, along_mm, electrode=electrode, weighting=np.ones_like)


def _inverse_transform(
    depths_mm: Floats, asides_mm: Floats, along_mm: Floats, *, electrode: Electrode, weighting: Callable[[Floats], Floats]
) -> Floats:
    """Both inverse Fourier integrals as cosine sums.

    With kappa_m^2 = kx^2 + (along/across) kz^2 in muscle and kappa_f^2 = kx^2 + kz^2 in fat of thickness h, continuity of potential and of
    current at the fat's lower side and no current through the skin give, for a source at depth d below the fat,
    ``exp(-kappa_m d) / (across kappa_m cosh(kappa_f h) + fat kappa_f sinh(kappa_f h))``. A round electrode of
    radius r averages: ``2 J1(q) / q`` with q = k r.
    """
    step, top = 0.012, 3.6  # rad/mm: a period of 520 mm, and detail far below what leaves the fat
    k = np.linspace(step / 2, top - step / 2, round(top / step))
    kz, kx = k[:, None], k[None, :]
    in_fat = np.hypot(kx, kz)
    in_muscle = np.sqrt(kx**2 + electrode.along_s_per_m / electrode.across_s_per_m * kz**2)
    q = 0.5 * electrode.diameter_mm * in_fat
    disc = 2.0 * special.j1(q) / q if electrode.diameter_mm else np.ones_like(q)
    h = electrode.fat_mm
    below = electrode.across_s_per_m * in_muscle * np.cosh(in_fat * h) + electrode.fat_s_per_m * in_fat * np.sinh(in_fat * h)
    transfer = weighting(np.asarray(kz)) * disc / below * 1e3  # per mm to per m
    across = np.cos(np.outer(k, asides_mm)) * step / np.pi
    along = np.cos(np.outer(along_mm, k)) * step / np.pi
    return np.stack([(along @ ((transfer * np.exp(-in_muscle * depth)) @ across)).T for depth in depths_mm])
