"""When a muscle switches on and off: the shapes of the answer, each with its distribution.

The methods live in `onsets`; here are only the results and their own rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import SignalError
from hipspine.signals.recording import Channel
from hipspine.terms import Floats, OnsetStatus

_MEDIAN_LOW_HIGH = np.array([0.5, 0.025, 0.975])


@dataclass(frozen=True, slots=True, eq=False)
class TimePosterior:
    """Where one moment lies: probability mass in cells of equal width.

    >>> p = TimePosterior(first_s=1.0, step_s=0.001, mass=np.array([0.25, 0.5, 0.25]))
    >>> round(p.quantile(0.5), 6)
    1.001
    """

    first_s: float  # centre of the first cell [s]
    step_s: float  # width of a cell [s]
    mass: Floats  # (cell,) sums to 1

    def __post_init__(self) -> None:
        if self.mass.ndim != 1 or self.mass.size == 0 or not abs(float(self.mass.sum()) - 1.0) < 1e-6:
            raise SignalError(f"a time posterior needs masses that sum to 1; found shape {self.mass.shape}, sum {self.mass.sum():.6g}")
        self.mass.setflags(write=False)

    def quantile(self, share: float) -> float:
        """Time below which this share of the probability lies [s]; the mass is spread evenly inside a cell."""
        return float(self.at(np.array([share]))[0])

    def at(self, shares: Floats) -> Floats:
        """Times at these shares of the probability [s]: with uniform random shares these are draws (the dice come from outside)."""
        edges = self.first_s + (np.arange(self.mass.size + 1) - 0.5) * self.step_s
        return np.asarray(np.interp(shares, np.r_[0.0, np.cumsum(self.mass)], edges))

    def mean_s(self) -> float:
        """Mean [s]."""
        return float(self.first_s + self.step_s * (np.arange(self.mass.size) @ self.mass))

    def shifted(self, by_s: float) -> "TimePosterior":
        """The same distribution, later by so much [s]."""
        return TimePosterior(self.first_s + by_s, self.step_s, self.mass)


@dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Bursts of one channel in order of time [s from the first sample].

    An open end (the record starts or stops inside the burst) is NaN in these arrays and ``None`` in JSON and in `on`/`off`.
    Between the three numbers of a burst holds low <= median <= high.
    """

    on_s: Floats  # (burst,) posterior median
    on_low_s: Floats  # (burst,) 2.5 %
    on_high_s: Floats  # (burst,) 97.5 %
    off_s: Floats
    off_low_s: Floats
    off_high_s: Floats
    rise_s: Floats  # (burst,) posterior mean of the time from zero to full level
    level_db: Floats  # (burst,) burst power over the power of the rest before it
    on: tuple[TimePosterior | None, ...]
    off: tuple[TimePosterior | None, ...]

    @property
    def count(self) -> int:
        """How many bursts."""
        return int(self.on_s.size)

    @staticmethod
    def of(bursts: "Sequence[Burst]") -> "Onsets":
        """Bursts in order of time, as arrays."""
        three = [
            np.array([[np.nan] * 3 if moment is None else moment.at(_MEDIAN_LOW_HIGH) for moment in moments]).reshape(-1, 3).T.copy()
            for moments in ([b.on for b in bursts], [b.off for b in bursts])
        ]
        (on_s, on_low_s, on_high_s), (off_s, off_low_s, off_high_s) = three
        rise_s, level_db = np.array([b.rise_s for b in bursts]), np.array([b.level_db for b in bursts])
        on, off = tuple(b.on for b in bursts), tuple(b.off for b in bursts)
        return Onsets(on_s, on_low_s, on_high_s, off_s, off_low_s, off_high_s, rise_s, level_db, on, off)

    def bursts(self, later_s: float = 0.0) -> "list[Burst]":
        """Burst by burst, all moments later by so much [s]."""
        shift = [tuple(moment and moment.shifted(later_s) for moment in moments) for moments in (self.on, self.off)]
        return [Burst(*row) for row in zip(*shift, self.rise_s.tolist(), self.level_db.tolist(), strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """One burst; an open end is None."""

    on: TimePosterior | None
    off: TimePosterior | None
    rise_s: float  # NaN where the onset is open
    level_db: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How far one channel can be trusted. `None` where it could not be measured."""

    snr_db: float | None = None  # burst power over rest power
    clipped_s: float = 0.0  # time spent at the rails [s]
    mains_ratio: float | None = None  # power of the mains lines (with harmonics) over all other power
    mains_hz: float | None = None  # 50 or 60 where a line was found
    ecg_ratio: float | None = None  # power of the heart's template over all power; 0 where no train was found
    beats: int = 0  # heart beats found and subtracted
    flat_s: float = 0.0  # longest run of equal samples [s]
    motion_ratio: float | None = None  # power below 20 Hz over all power
    crosstalk_index: float | None = None  # largest zero-lag-free correlation with another channel, 0-1
    gap_s: float = 0.0  # time without samples [s]
    spikes: int = 0  # samples that jump out alone, such as a switch or a lost packet


@dataclass(frozen=True, slots=True, eq=False)
class ChannelOnsets:
    """What onset detection says of one channel."""

    channel: Channel
    status: OnsetStatus
    reason: str  # empty when the status is ok
    quality: Quality
    onsets: Onsets  # times on the recording's clock [s]; no bursts where the status is no_signal
