"""EMG as a muscle makes it: a pool of motor units, recruited by size, each firing its own train of potentials.

Main source: Fuglevand, Winter and Patla 1993 (J Neurophysiol 70:2470; abstract read, figures second-hand through re-implementations):
exponential recruitment thresholds, discharge rate linear in the excitation above threshold between a lowest and a highest rate, intervals
as a random renewal process. What is different here: the potentials come from a volume conductor with a fat layer and end-of-fibre effects
(`potentials`), and a steep rise of drive makes the first discharges fast, as in ballistic contractions (see `MotorUnitPool`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from hipspine.errors import InputError
from hipspine.signals.simulation.kernels import add_potentials, fire_units
from hipspine.signals.simulation.potentials import Electrode, Fibres, unit_potentials
from hipspine.terms import Floats

FINE_HZ = 16000.0  # sampling of stored potentials
PHASES = 8  # sub-sample positions of a potential in a recording
AT_REST = 0.9  # excitation of a silent muscle as a share of the first threshold
BEGINS = 0.05  # a potential begins where it first reaches this share of its own peak


@dataclass(frozen=True, slots=True, eq=False)
class MotorUnitPool:
    """One muscle under one pair of electrodes; units in order of recruitment, smallest first.

    Excitation is measured in thresholds of the first unit. A muscle at rest sits just below the first threshold, so any drive is seen;
    a drive of 1 is the excitation at which the last unit reaches its highest rate.
    """

    thresholds: Floats  # (unit,) 1 .. recruitment range
    slowest_hz: Floats  # (unit,) rate at recruitment
    fastest_hz: Floats  # (unit,) highest sustained rate
    gain_hz: float  # rate per excitation above threshold
    interval_cv: float  # SD of the intervals as a share of their mean
    wait_s: float  # mean of the random wait between crossing the threshold and the first discharge
    membrane_s: float  # time constant with which excitation follows drive
    boost: float  # extra rate per excitation that has risen within the last `fades_s`
    fades_s: float
    delays_s: Floats  # (unit,) conduction in the nerve, the earliest potential of the pool begins at 0
    potentials: Floats  # (unit, sample at 16 kHz) [V]
    begins_s: Floats  # (unit,) from the first sample of a potential until it reaches 5 % of its peak
    ends_s: Floats  # (unit,) until it is below that for good

    def __post_init__(self) -> None:
        for array in (self.thresholds, self.slowest_hz, self.fastest_hz, self.delays_s, self.potentials, self.begins_s, self.ends_s):
            if len(array) != self.units:
                raise InputError(f"a pool of {self.units} units needs one value for each; found {len(array)}")
            array.setflags(write=False)

    @property
    def units(self) -> int:
        """How many motor units."""
        return self.thresholds.size

    @property
    def strongest(self) -> float:
        """Excitation at a drive of 1."""
        return float(self.thresholds[-1] + (self.fastest_hz[-1] - self.slowest_hz[-1]) / self.gain_hz)


@dataclass(frozen=True, slots=True, eq=False)
class Discharges:
    """When which unit fired."""

    unit: NDArray[np.int64]  # (discharge,)
    times_s: Floats  # (discharge,) at the motor neuron, from the first sample of the drive


def draw_pool(
    rng: np.random.Generator,
    *,
    units: int = 120,
    electrode: Electrode | None = None,
    recruitment_range: float = 30.0,
    interval_cv: float = 0.15,
    fibres_per_unit: tuple[float, float] = (30.0, 3000.0),
    half_length_mm: float = 65.0,
    plate_offset_mm: float = 32.0,
    plate_spread_mm: float = 3.0,
    muscle_mm: tuple[float, float] = (18.0, 40.0),
    drawn_fibres: int = 16,
) -> MotorUnitPool:
    """Pool of motor units with sizes, places and potentials drawn for one muscle.

    Figures and where they come from:
    - thresholds ``exp(ln(range) i / n)``, range 30; rates 8 Hz at recruitment, highest 35 Hz (first unit) to 25 Hz (last), gain 1 Hz per
      excitation, 120 units: Fuglevand 1993, second-hand.
    - intervals vary by 10-20 % of their mean (Fuglevand used 20 %, second-hand).
    - muscle-fibre conduction velocity grows with unit size: 2.6-5.3 m/s, mean 3.7 (Andreassen and Arendt-Nielsen 1987, J Physiol 391:561,
      abstract). Nerve velocity 40-60 m/s inside the 34-66 m/s of thenar axons, small units slower (abstract, Muscle Nerve, via scilit),
      over 0.35 m.
    - a steep rise of drive brings first rates of 60-120 a second that then fade, slow ramps 5-15 (Desmedt and Godaux 1977, J Physiol
      264:673, abstract): `boost` and `fades_s` are set so that a step to 0.3-0.6 of maximal drive gives that.
    - the wait before a first discharge (mean 8 ms, at most 32) and the membrane's lag (5 ms) are our own choices; they spread the volley
      after a step, whose potentials come "crowded at intervals of a few msec" (same abstract) and not all at once.
    - numbers of fibres (100-fold range), territory, muscle section and spread of the end plates are our own round choices.

    Args:
        half_length_mm: from end plate to each tendon.
        plate_offset_mm: from the end plates to the middle between the electrodes.
        muscle_mm: depth and width of the part of the muscle that the electrodes can see.
        drawn_fibres: how many fibres stand for one unit.
    """
    if units < 1 or recruitment_range <= 1.0 or not 0.0 <= interval_cv <= 0.4:
        raise InputError(
            f"a pool needs 1 unit or more, a recruitment range above 1 and an interval CV of 0 to 0.4;"
            f" found {units}, {recruitment_range:g} and {interval_cv:g}"
        )
    electrode = electrode or Electrode()
    rank = (np.arange(units) + 1.0) / units
    thresholds = recruitment_range**rank
    smallest, largest = fibres_per_unit
    sizes = smallest * (largest / smallest) ** rank
    fibres = _place_fibres(
        rng,
        sizes=sizes,
        drawn=drawn_fibres,
        half_length_mm=half_length_mm,
        plate_offset_mm=plate_offset_mm,
        plate_spread_mm=plate_spread_mm,
        muscle_mm=muscle_mm,
    )
    velocity = np.clip(3.0 + 1.4 * rank + rng.normal(0.0, 0.25, units), 2.6, 5.3)
    potentials = unit_potentials(fibres, units=units, velocity_m_per_s=velocity, rate_hz=FINE_HZ, electrode=electrode)
    visible = np.abs(potentials) >= BEGINS * np.abs(potentials).max(axis=1, keepdims=True)
    begins_s = np.argmax(visible, axis=1) / FINE_HZ
    ends_s = (potentials.shape[1] - np.argmax(visible[:, ::-1], axis=1)) / FINE_HZ
    nerve_s = 0.35 / (40.0 + 20.0 * rank)
    return MotorUnitPool(
        thresholds=thresholds,
        slowest_hz=np.full(units, 8.0),
        fastest_hz=35.0 - 10.0 * thresholds / recruitment_range,
        gain_hz=1.0,
        interval_cv=interval_cv,
        wait_s=0.008,
        membrane_s=0.005,
        boost=2.5,
        fades_s=0.1,
        delays_s=nerve_s - np.min(nerve_s + begins_s),
        potentials=potentials,
        begins_s=begins_s,
        ends_s=ends_s,
    )


def discharge(rng: np.random.Generator, pool: MotorUnitPool, drive: Floats, *, rate_hz: float) -> Discharges:
    """All discharges of a pool under a drive between 0 and 1 (share of maximal drive), one value per sample.

    The drive has been at its first value for ever: units that it activates are already firing, each at its own moment.

    >>> pool = draw_pool(np.random.default_rng(0), units=20)
    >>> low, high = (discharge(np.random.default_rng(1), pool, np.full(2000, d), rate_hz=2000.0) for d in (0.1, 0.5))
    >>> len(set(low.unit)) < len(set(high.unit)), int(low.unit.max()) < int(high.unit.max())
    (True, True)
    """
    if drive.ndim != 1 or not np.all(np.isfinite(drive)) or drive.min(initial=0.0) < 0.0 or drive.max(initial=0.0) > 1.0 + 1e-9:
        raise InputError(f"a drive is one row of shares of maximal drive between 0 and 1; found shape {drive.shape}, such as {drive[:3]}")
    rest = AT_REST * pool.thresholds[0]
    excitation = _follow(rest + drive * (pool.strongest - rest), lag_s=pool.membrane_s, rate_hz=rate_hz)
    risen = np.maximum(excitation - _follow(excitation, lag_s=pool.fades_s, rate_hz=rate_hz), 0.0)
    most = int(np.ceil(drive.size / rate_hz * 2.0 * pool.fastest_hz.max())) + 20
    intervals = np.clip(1.0 + pool.interval_cv * rng.standard_normal((pool.units, most)), 0.2, None)
    underway = rng.uniform(0.0, 1.0, pool.units)
    waits_s = np.minimum(rng.exponential(pool.wait_s, (pool.units, 64)), 4.0 * pool.wait_s)
    boost_hz = np.minimum(pool.boost * risen, 120.0 - pool.fastest_hz.max())
    unit, times_s = fire_units(
        excitation, boost_hz, pool.thresholds, pool.slowest_hz, pool.fastest_hz, pool.gain_hz, intervals, underway, waits_s, rate_hz
    )
    return Discharges(unit, times_s)


def add_up(discharges: Discharges, pool: MotorUnitPool, *, samples: int, rate_hz: float) -> Floats:
    """EMG that these discharges make at the electrodes [V], without any noise."""
    length = int(np.ceil(pool.potentials.shape[1] / FINE_HZ * rate_hz)) + 1
    moments_s = (np.arange(length)[None, :] - np.arange(PHASES)[:, None] / PHASES) / rate_hz
    fine_s = np.arange(pool.potentials.shape[1]) / FINE_HZ
    sampled = np.stack([np.interp(moments_s, fine_s, row, left=0.0, right=0.0) for row in pool.potentials])
    emg = np.zeros(samples)
    add_potentials(emg, discharges.unit, arrivals_s(discharges, pool) * rate_hz, sampled)
    return emg


def arrivals_s(discharges: Discharges, pool: MotorUnitPool) -> Floats:
    """Moment at which the first sample of each discharge's potential stands at the electrode [s]."""
    return np.asarray(discharges.times_s + pool.delays_s[discharges.unit])


def emg_from_drive(rng: np.random.Generator, pool: MotorUnitPool, drive: Floats, *, rate_hz: float) -> Floats:
    """EMG of a pool under a drive [V], without any noise: `discharge`, then `add_up`."""
    return add_up(discharge(rng, pool, drive, rate_hz=rate_hz), pool, samples=drive.size, rate_hz=rate_hz)


def _place_fibres(
    rng: np.random.Generator,
    *,
    sizes: Floats,
    drawn: int,
    half_length_mm: float,
    plate_offset_mm: float,
    plate_spread_mm: float,
    muscle_mm: tuple[float, float],
) -> Fibres:
    """Fibres of each unit around its own centre; a unit's territory holds 20 of its fibres per square millimetre."""
    units, total = sizes.size, sizes.size * drawn
    deep_mm, wide_mm = muscle_mm
    radius_mm = np.sqrt(sizes / (20.0 * np.pi))
    shallowest_mm = radius_mm + 0.5  # the whole territory lies in the muscle
    depth_mm = rng.uniform(shallowest_mm, np.maximum(shallowest_mm + 1.0, deep_mm))
    aside_mm = rng.uniform(-wide_mm / 2, wide_mm / 2, units)
    turn = np.arange(drawn) * np.pi * (3.0 - np.sqrt(5.0))  # a sunflower covers the disc evenly
    angle = (turn + rng.uniform(0.0, 2 * np.pi, units)[:, None]).ravel()
    far_mm = (radius_mm[:, None] * np.sqrt((np.arange(drawn) + 0.5) / drawn)).ravel()
    plate_mm = -plate_offset_mm + rng.normal(0.0, plate_spread_mm, total)
    tendons_mm = -plate_offset_mm + np.array([-half_length_mm, half_length_mm]) + rng.normal(0.0, plate_spread_mm, (total, 2))
    return Fibres(
        unit=np.repeat(np.arange(units), drawn),
        weight=np.repeat(sizes / drawn, drawn),
        depth_mm=np.repeat(depth_mm, drawn) + far_mm * np.sin(angle),
        aside_mm=np.repeat(aside_mm, drawn) + far_mm * np.cos(angle),
        plate_mm=plate_mm,
        tendons_mm=tendons_mm,
        diameter_um=np.repeat(45.0 + 15.0 * (np.arange(units) + 1.0) / units, drawn),
    )


def _follow(drive: Floats, *, lag_s: float, rate_hz: float) -> Floats:
    """First-order lag of a drive that has been at its first value for ever."""
    if lag_s <= 0:
        return drive
    keep = float(np.exp(-1.0 / (lag_s * rate_hz)))
    followed, _ = signal.lfilter([1.0 - keep], [1.0, -keep], drive, zi=[keep * drive[0]])
    return np.asarray(followed)
