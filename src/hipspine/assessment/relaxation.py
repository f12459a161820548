"""Flexion- and extension-relaxation: how far the back muscles fall silent while a person hangs in full flexion.

Flexion ratio: highest EMG in flexion over mean EMG in full flexion. Extension ratio: highest EMG in extension over the same mean.
Of five ratios these two go best with disability and pain (frr_clinical). EMG is its root mean square over 0.1 s.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.assessment.amplitude import moving_mean, rms
from hipspine.assessment.movement import Cycle
from hipspine.signals.recording import Channel, Recording
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import ChannelStatus, Floats, StreamKind

_MARGIN_S = 0.1  # of full flexion, left out at both ends
_SHORTEST_S = 0.3  # full flexion shorter than this has no mean worth the name


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """One value per cycle; cycles without full flexion are left out."""

    flexion: Floats
    extension: Floats
    why_not: str  # why there is none; empty otherwise


def ratios(recording: Recording, entry: ChannelOnsets, cycles: tuple[Cycle, ...]) -> Ratios:
    """Both ratios of one back muscle in every cycle. An envelope serves as well as raw EMG: only amplitudes are compared."""
    none = np.zeros(0)
    label = entry.channel.label
    if entry.channel.status in (ChannelStatus.GAPS, ChannelStatus.FLAT, ChannelStatus.EMPTY, ChannelStatus.NOT_EMG):
        return Ratios(none, none, f"channel {label!r} cannot be used: {entry.channel.reason or entry.channel.status.value}")
    if entry.quality.clipped_s > 0.0:
        return Ratios(none, none, f"channel {label!r} is clipped for {entry.quality.clipped_s:.2f} s, so its highest values are unknown")
    found = _samples(recording, entry.channel)
    if found is None or not np.isfinite(found[0]).all():
        return Ratios(none, none, f"channel {label!r} has gaps")
    values, rate, start = found
    if entry.channel.status is ChannelStatus.ENVELOPE:
        level = moving_mean(np.abs(values), rate_hz=rate)
    else:
        level = rms(values, rate_hz=rate, heart=True)
    flexion, extension = [], []
    for cycle in cycles:
        if cycle.leave_s - cycle.top_s < _SHORTEST_S + 2.0 * _MARGIN_S:
            continue
        spans = (
            (cycle.start.quantile(0.5), cycle.top_s),
            (cycle.top_s + _MARGIN_S, cycle.leave_s - _MARGIN_S),
            (cycle.leave_s, cycle.end_s),
        )
        down, hang, up = (level[max(0, round((a - start) * rate)) : max(0, round((b - start) * rate))] for a, b in spans)
        if min(down.size, hang.size, up.size) > 0 and hang.mean() > 0.0:
            flexion.append(float(down.max() / hang.mean()))
            extension.append(float(up.max() / hang.mean()))
    why = "" if flexion else f"no cycle holds full flexion for {_SHORTEST_S + 2.0 * _MARGIN_S:.1f} s within the EMG record"
    return Ratios(np.array(flexion), np.array(extension), why)


def _samples(recording: Recording, channel: Channel) -> tuple[Floats, float, float] | None:
    """Samples, rate and start of an EMG channel."""
    for stream in recording.of_kind(StreamKind.EMG):
        for row, other in enumerate(stream.channels):
            if other is channel or other == channel:
                return stream.values[row], stream.rate_hz, stream.start_s
    return None
