"""The conditions of the onset bench: which muscle, how loud, how fast it rises, and what disturbs it.

Each cell is a recipe for trials with a known truth. Trial `number` of a cell depends only on the bench's seed, the cell's name
and its number, so any single trial can be made again: `trial_of("ramp 10 dB", seed=0, number=17)`.
Signals of tuning come from a stream of their own and never meet the ones that are scored.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.simulation.motor_units import motor_unit_trial
from hipspine.signals.simulation.trials import Trial, gaussian_trial
from hipspine.workflows.bench.bound import Told

RATE_HZ = 2000.0
REST_S = 0.8  # true rest at the start of every trial; told to every method that wants a baseline
RISE_S = 0.1  # the slow rise of the bench
SNRS_DB = (5.0, 10.0, 15.0, 20.0)
HEADLINE = tuple(f"{shape} {snr} dB" for shape in ("step", "ramp") for snr in (10, 15, 20))  # the six cells of the headline mean

HEART = ("ecg", "units ecg")  # groups with heart beats

TEST, TUNING = 0, 1  # streams of seeds that never meet

Make = Callable[[np.random.Generator], Trial]


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition."""

    name: str
    group: str
    what: str  # one sentence for readers
    make: Make
    told: Told | None = None  # what the bound is told; only Gaussian trials have a bound


def _gaussian(*, snr_db: float, rise_s: float = 0.0, ecg: float = 0.0) -> Make:
    return partial(gaussian_trial, snr_db=snr_db, rise_s=rise_s, ecg=ecg, rate_hz=RATE_HZ)


def _units(*, snr_db: float, rise_s: float = RISE_S, plateau: float = 0.3, **more: Any) -> Make:
    return partial(motor_unit_trial, snr_db=snr_db, rise_s=rise_s, plateau=plateau, rate_hz=RATE_HZ, **more)


def _row(group: str, what: str, make: Callable[..., Make], *, snrs: Sequence[float] = SNRS_DB, **settings: Any) -> tuple[Cell, ...]:
    return tuple(Cell(f"{group} {snr:g} dB", group, what, make(snr_db=snr, **settings), _told(make, snr, settings)) for snr in snrs)


def _told(make: Callable[..., Make], snr_db: float, settings: Mapping[str, Any]) -> Told | None:
    return Told(snr_db, settings.get("rise_s", 0.0)) if make is _gaussian and not settings.get("ecg") else None


CELLS: tuple[Cell, ...] = (
    *_row("step", "Gaussian burst of 1 s, on at once", _gaussian),
    *_row("ramp", "Gaussian burst, linear rise of 100 ms", _gaussian, rise_s=RISE_S),
    *_row("units step", "motor-unit trains, drive on at once", _units, rise_s=0.0),
    *_row("units ramp", "motor-unit trains, drive rises over 100 ms", _units),
    *_row("few units", "about 9 active motor units, 100 ms rise", _units, snrs=(10.0, 20.0), plateau=0.1, units=20),
    *_row("tonic", "motor-unit trains on tonic background", _units, snrs=(10.0, 20.0), tonic=0.05),
    *_row("levels", "several gain levels inside the burst", _units, snrs=(10.0, 20.0), levels=(0.5, 1.0, 0.7)),
    *_row("drift", "noise drifts by 6 dB over the record", _units, snrs=(10.0, 20.0), noise_drift_db=6.0),
    *_row("ecg", "Gaussian step under a heart of 1.5 x burst RMS", _gaussian, snrs=(10.0, 20.0), ecg=1.5),
    *_row("units ecg", "motor-unit trains, 100 ms rise, heart of 1.5 x burst RMS", _units, snrs=(10.0, 20.0), ecg=1.5),
)  # fmt: skip

SPECIAL = ("repetitions", "delay", "noise", "laws", "speed")
GROUPS = (*dict.fromkeys(cell.group for cell in CELLS), *SPECIAL)


def chosen(names: Sequence[str] | None) -> tuple[tuple[Cell, ...], frozenset[str]]:
    """The cells and the special parts of the bench that these names mean: a cell, a group of cells, or a special part.

    >>> cells, special = chosen(["ecg", "speed"])
    >>> [cell.name for cell in cells], sorted(special)
    (['ecg 10 dB', 'ecg 20 dB'], ['speed'])

    Raises:
        InputError: a name is neither.
    """
    if names is None:
        return CELLS, frozenset(SPECIAL)
    known = {cell.name for cell in CELLS} | set(GROUPS)
    for name in names:
        if name not in known:
            raise InputError(
                f"cells: {name!r} is not part of the onset bench; choose from {', '.join(GROUPS)}, or one cell such as 'ramp 10 dB'."
            )
    wanted = set(names)
    return tuple(cell for cell in CELLS if {cell.name, cell.group} & wanted), frozenset(wanted & set(SPECIAL))


def key_of(name: str, *, seed: int, number: int, purpose: int = TEST) -> tuple[int, int, int, int]:
    """Seed of one trial: feed it to `numpy.random.default_rng`."""
    return seed, purpose, zlib.crc32(name.encode()), number


def dice(name: str, *, seed: int, number: int, purpose: int = TEST) -> np.random.Generator:
    """The generator of one trial."""
    return np.random.default_rng(key_of(name, seed=seed, number=number, purpose=purpose))


def trials_of(cell: Cell, *, seed: int, trials: int, purpose: int = TEST) -> list[Trial]:
    """So many trials of a cell, always the same for the same seed."""
    return [cell.make(dice(cell.name, seed=seed, number=number, purpose=purpose)) for number in range(trials)]


def trial_of(name: str, *, seed: int, number: int) -> Trial:
    """One trial of the scored stream, to look at a failure."""
    (cell,) = (cell for cell in CELLS if cell.name == name)
    return cell.make(dice(name, seed=seed, number=number))


def digest(trials: Sequence[Trial]) -> str:
    """Fingerprint of the samples: results are kept only for exactly these signals."""
    mix = hashlib.sha256()
    for trial in trials:
        mix.update(np.ascontiguousarray(trial.emg).tobytes())
    return mix.hexdigest()[:24]
