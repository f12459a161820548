"""Which channel speaks for which muscle, and which of its bursts belongs to a movement.

The muscles of hip and spine that the protocols look at are listed here once, as roles: semitendinosus, semimembranosus and
"medial hamstrings" all speak for the medial hamstrings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.assessment.protocol import Mark
from hipspine.assessment.wording import join, sided
from hipspine.errors import ProtocolError
from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import ChannelStatus, OnsetStatus, Side, StreamKind

ROLES: Mapping[str, frozenset[str]] = {
    "gluteus_maximus": frozenset({"gluteus_maximus"}),
    "gluteus_medius": frozenset({"gluteus_medius"}),
    "medial_hamstrings": frozenset({"semitendinosus", "semimembranosus", "medial_hamstrings"}),
    "lateral_hamstrings": frozenset({"biceps_femoris", "lateral_hamstrings"}),
    "hamstrings": frozenset({"hamstrings"}),
    "erector_spinae": frozenset({"erector_spinae", "longissimus", "iliocostalis"}),
    "multifidus": frozenset({"multifidus"}),
}
BACK = ("erector_spinae", "multifidus")
HAMSTRINGS = ("medial_hamstrings", "lateral_hamstrings", "hamstrings")
SNR_GAP_DB = 6.0  # compared muscles that differ by more than a factor of two in amplitude are warned about
_LONGEST_LABEL = 40
LATEST_S = 0.6  # so late after the beginning a muscle may always start


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """One burst of one channel."""

    number: int
    on: TimePosterior | None
    off: TimePosterior | None
    mark: Mark

    @property
    def on_s(self) -> float:
        """Median onset; minus infinity when the burst was already there as the record began."""
        return self.mark.on_s if self.mark.on_s is not None else -np.inf

    @property
    def off_s(self) -> float:
        """Median end; infinity when the record ended first."""
        return self.mark.off_s if self.mark.off_s is not None else np.inf


def emg_or_refuse(recording: Recording, channels: tuple[ChannelOnsets, ...], *, instead: str) -> None:
    """Refuse a recording whose EMG cannot be timed at all.

    Args:
        instead: what is possible with an envelope, as the end of the sentence.

    Raises:
        ProtocolError: no EMG channel, or only envelopes.
    """
    if not channels:
        kinds = sorted({stream.kind.value for stream in recording.streams}) or ["nothing"]
        raise ProtocolError(f"{recording.name}: no EMG channel; found {join(kinds)}; record EMG, or name its channels after muscles.")
    if all(entry.channel.status is ChannelStatus.ENVELOPE for entry in channels):
        count = len(channels)
        raise ProtocolError(
            f"{recording.name}: {'the EMG channel is an envelope' if count == 1 else f'all {count} EMG channels are envelopes'} "
            f"(rectified and smoothed), which smears activity over time, so no onset can be timed from it; {instead}"
        )


def is_timed(entry: ChannelOnsets) -> bool:
    """Whether the times of a channel hold: those of a clipped one do, its amplitudes do not (`clipped` says so)."""
    return entry.status in (OnsetStatus.OK, OnsetStatus.CLIPPED)


def best_channel(channels: Iterable[ChannelOnsets], role: str, side: Side | None) -> ChannelOnsets | None:
    """The channel that speaks for a role on a side: one that can be timed before one that cannot, then the clearest; None if absent."""
    fitting = [entry for entry in channels if entry.channel.muscle in ROLES[role] and entry.channel.side is side]

    def worth(entry: ChannelOnsets) -> tuple[bool, bool, float]:
        return is_timed(entry), entry.status is OnsetStatus.OK, entry.quality.snr_db if entry.quality.snr_db is not None else -np.inf

    return max(fitting, key=worth, default=None)


def doubles(channels: tuple[ChannelOnsets, ...], roles: Iterable[str]) -> tuple[str, ...]:
    """A warning for each role that several channels of one side could speak for: which one was taken."""
    said = []
    for role in roles:
        for side in (Side.LEFT, Side.RIGHT, None):
            fitting = [entry for entry in channels if entry.channel.muscle in ROLES[role] and entry.channel.side is side]
            taken = best_channel(channels, role, side)
            if len(fitting) > 1 and taken is not None:
                others = join([repr(entry.channel.label) for entry in fitting if entry is not taken])
                said.append(f"{sided(side, role)}: channel {taken.channel.label!r} was taken, the clearest one; {others} left out.")
    return tuple(said)


def clipped(channels: tuple[ChannelOnsets, ...], roles: Iterable[str]) -> tuple[str, ...]:
    """A warning for each clipped channel that speaks for one of these roles."""
    wanted = frozenset(muscle for role in roles for muscle in ROLES[role])
    return tuple(
        f"{in_brief(entry.channel.label)}: {entry.reason.rstrip('.')}."
        for entry in channels
        if entry.status is OnsetStatus.CLIPPED and entry.channel.muscle in wanted
    )


def bursts_of(entry: ChannelOnsets, *, muscle: str) -> tuple[Burst, ...]:
    """All bursts of a channel, in order of time; none unless it `is_timed`."""
    o = entry.onsets
    if not is_timed(entry):
        return ()

    def three(i: int, kind: str) -> tuple[float | None, float | None, float | None]:
        values = [float(getattr(o, name)[i]) for name in (f"{kind}_s", f"{kind}_low_s", f"{kind}_high_s")]
        a, b, c = (value if np.isfinite(value) else None for value in values)
        return a, b, c

    return tuple(
        Burst(i, o.on[i], o.off[i], Mark(muscle, entry.channel.label, entry.channel.side, *three(i, "on"), *three(i, "off")))
        for i in range(o.count)
    )


def burst_in(bursts: tuple[Burst, ...], *, earliest_s: float, core: tuple[float, float]) -> Burst | None:
    """The burst that is active for the longest part of `core`, among those that begin between `earliest_s` and the middle of it.

    A burst that has no beginning in the record, that began earlier, or that begins only in the second half (but at least
    `LATEST_S` after the beginning) belongs to something else.
    """
    begin, end = core
    latest = max((begin + end) / 2.0, min(begin + LATEST_S, end))

    def overlap(burst: Burst) -> float:
        return min(end, burst.off_s) - max(begin, burst.on_s)

    fitting = [b for b in bursts if b.on is not None and earliest_s <= b.on_s < latest and overlap(b) > 0.0]
    return max(fitting, key=overlap, default=None)


def why_not(entry: ChannelOnsets | None, *, role: str, side: Side | None) -> str:
    """Why a muscle has no time: no channel, or the reason of its channel. A whole sentence."""
    who = sided(side, role)
    if entry is None:
        return f"{who}: no channel of this muscle{' on this side' if side else ''}; nothing can be said about it."
    if is_timed(entry):
        because = f" ({entry.reason.rstrip('.')})" if entry.reason else ""
        return f"{who}: no burst of channel {entry.channel.label!r} belongs to the movement{because}."
    words = "shows no activity" if entry.status is OnsetStatus.NO_SIGNAL else "could not be timed"
    return f"{who}: channel {entry.channel.label!r} {words}: {entry.reason.rstrip('.') or 'no reason was given'}."


def labels_found(recording: Recording) -> str:
    """The EMG labels of a recording for an error message, the first dozen."""
    labels = [channel.label for stream in recording.of_kind(StreamKind.EMG) for channel in stream.channels]
    return ", ".join(map(in_brief, labels[:12])) + (f" and {len(labels) - 12} more" if len(labels) > 12 else "")


def in_brief(label: str) -> str:
    """A label of bearable length for a sentence.

    >>> in_brief("GMAX_L"), in_brief("GMAX_L " + "very long " * 9)
    ('GMAX_L', 'GMAX_L very long very long very long ...')
    """
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 3].rstrip() + " ..."


def snr_gap(a: ChannelOnsets, b: ChannelOnsets) -> float | None:
    """Signal-to-noise ratio of the first minus that of the second [dB]; None if one is unknown."""
    return None if a.quality.snr_db is None or b.quality.snr_db is None else a.quality.snr_db - b.quality.snr_db
