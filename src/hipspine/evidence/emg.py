"""Published muscle activity per exercise (surface and fine-wire EMG), with the load, the phase and the way of normalising.

Levels stand only in rows whose `normalisation` is ``mvic`` (share of the activity in a maximal voluntary contraction). Means and peaks of
one exercise differ by two to three times and are never mixed.
"""

from dataclasses import dataclass
from functools import cache

from hipspine.evidence import tables
from hipspine.evidence.tables import Published, Reading

MEANS = frozenset({"mean", "pooled_mean", "median", "approx_mean", "literature_range", "range_over_conditions", "range_over_groups"})
"""Words of `Emg.statistic` that stand for the mean over a movement."""
PEAKS = frozenset({"peak", "peak_approx"})
"""Words of `Emg.statistic` that stand for the highest value in a movement."""


@dataclass(frozen=True, slots=True)
class Emg:
    """One published activity of one muscle in one exercise; shares are of the reference contraction (1 = 100 %)."""

    row: str  # such as "E0068": stable
    exercise: str  # such as "side_lying_hip_abduction"
    name: str
    variant: str  # empty: the plain exercise
    load: str  # such as "bodyweight", "10RM", "80% 1RM"
    phase: str  # full_rep, concentric, eccentric, ...
    muscle: str
    region: str  # whole, upper, lower, ...
    side: str  # "working" unless the source says which leg
    value: float | None  # None: only a range was given
    sd: float | None  # between people, as printed
    low: float | None
    high: float | None
    statistic: str
    normalisation: str
    electrode: str
    n: int | None  # people
    sex: str
    population: str
    source: str
    read_via: str
    reading: Reading
    note: str

    @property
    def level(self) -> float | None:
        """The value, or the middle of a range closed on both sides; None where only one bound was seen.

        >>> emg_row("E0260").level == (0.42 + 0.81) / 2
        True
        """
        if self.value is not None:
            return self.value
        return None if self.low is None or self.high is None else (self.low + self.high) / 2


@cache
def emg() -> tuple[Emg, ...]:
    """Every published activity, in the order of the table.

    >>> max(row.level for row in emg() if row.exercise == "clam" and row.normalisation == "mvic" and row.level)
    0.77
    """
    return tuple(_emg(row) for row in tables.load("emg_exercises"))


def emg_row(row: str) -> Emg:
    """The published activity of this name.

    >>> emg_row("E0068").muscle, emg_row("E0068").value, emg_row("E0068").sd
    ('gluteus_medius', 0.81, 0.42)
    """
    return _emg(tables.value(row))


def _emg(row: Published) -> Emg:
    line = row.fields
    return Emg(
        row=row.row, exercise=row.topic, name=line["exercise_name"], variant=line["variant"], load=line["load"], phase=line["phase"],
        muscle=row.muscle, region=line["muscle_region"], side=line["side"], value=_share(row.value), sd=_share(row.spread),
        low=_share(row.low), high=_share(row.high), statistic=row.quantity, normalisation=line["normalisation"],
        electrode=line["electrode"], n=int(line["n_participants"]) if line["n_participants"] else None, sex=line["sex"],
        population=row.population, source=row.source, read_via=row.read_via, reading=row.reading, note=row.note,
    )  # fmt: skip


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100.0
