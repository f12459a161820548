"""The quality of each channel in words: what was measured of it, and whether times are reported."""

from dataclasses import dataclass

from hipspine.report import words
from hipspine.signals.timing import ChannelOnsets, Quality
from hipspine.terms import OnsetStatus, Side

COLUMNS = ("Signal over rest", "Clipped", "Mains", "Heart (ECG)", "Flat", "Motion", "Crosstalk")
"""Headings of `QualityRow.cells`."""
EXPLAINED = (
    "Signal over rest: power of the bursts over the power of rest. Mains: power of its lines over all other power. "
    "Heart: its share of all power, and the beats that were subtracted. Flat: longest run of equal samples. "
    "Motion: power below 20 Hz over all power. Crosstalk: largest correlation with another channel, 0 none, 1 a copy."
)
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One channel as shown."""

    label: str
    muscle: str
    side: Side | None
    timed: bool
    status: str  # in words, with the reason where no time is reported
    cells: tuple[str, ...]  # one per COLUMNS; a dash where it could not be measured


def quality_rows(channels: tuple[ChannelOnsets, ...]) -> tuple[QualityRow, ...]:
    """One row per channel in the order given, the refused ones too."""
    return tuple(_row(one) for one in channels)


def _row(one: ChannelOnsets) -> QualityRow:
    channel = one.channel
    timed = one.status is OnsetStatus.OK
    status = words.STATUSES[one.status]
    if timed:
        status = f"{status}, {'1 burst' if one.onsets.count == 1 else f'{one.onsets.count} bursts'}"
    reason = one.reason or (channel.reason if not timed else "")
    status = f"{status}: {reason}" if reason else status
    name = words.muscle(channel.muscle) if channel.muscle else "not known"
    return QualityRow(channel.label, name, channel.side, timed, status[:1].upper() + status[1:], _cells(one.quality))


def _cells(q: Quality) -> tuple[str, ...]:
    heart = _UNKNOWN if q.ecg_ratio is None else "none found" if not q.beats else f"{_percent(q.ecg_ratio)}, {q.beats} beats"
    mains = _UNKNOWN if q.mains_ratio is None else _percent(q.mains_ratio) + (f" at {q.mains_hz:g} Hz" if q.mains_hz else "")
    return (
        _UNKNOWN if q.snr_db is None else f"{words.number(q.snr_db, decimals=0)} dB",
        _seconds(q.clipped_s), mains, heart, _seconds(q.flat_s),
        _UNKNOWN if q.motion_ratio is None else _percent(q.motion_ratio),
        _UNKNOWN if q.crosstalk_index is None else words.number(q.crosstalk_index, decimals=2),
    )  # fmt: skip


def _percent(share: float) -> str:
    """A share as a percentage; small but present shares do not become nothing.

    >>> _percent(0.123), _percent(0.0004), _percent(0.0)
    ('12 %', 'under 1 %', '0 %')
    """
    if 0.0 < share < 0.005:
        return "under 1 %"
    return f"{words.number(100.0 * share, decimals=0)} %"


def _seconds(value: float) -> str:
    return "0\u00a0s" if value == 0.0 else f"{words.number(value, decimals=2 if value >= 0.01 else 3)}\u00a0s"
