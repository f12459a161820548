"""Every EMG channel of a recording: how far it can be trusted, and when its muscle switches on and off.

A gate stands before and after detection. Before it: empty, flat, rectified or too slow channels are refused. After it: a moment
whose 95 % interval is wider than `WIDEST_S` is not reported as a time; its interval stays, so that it is seen why.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import InputError
from hipspine.signals.onsets import SLOWEST_HZ, detect
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.signals.segmentation import runs
from hipspine.signals.timing import ChannelOnsets, Onsets, Quality
from hipspine.terms import ChannelStatus, Floats, OnsetStatus, StreamKind

WIDEST_S = 0.25  # a 95 % interval wider than this is no time
SHORTEST_PIECE_S = 1.0  # between two gaps; shorter pieces are left out

NO_ONSETS = Onsets.of([])
_REFUSED = {
    ChannelStatus.EMPTY: "the label says that no electrode was connected",
    ChannelStatus.NOT_EMG: "the channel holds no EMG",
    ChannelStatus.ENVELOPE: "rectified and smoothed (an envelope): smoothing moves onsets, so none is timed; give the raw EMG",
}


def channel_onsets(recording: Recording, labels: Iterable[str] | None = None) -> tuple[ChannelOnsets, ...]:
    """Onsets and quality of every EMG channel, or of those with these labels, in file order; times on the recording's clock.

    Raises:
        InputError: a label is not that of an EMG channel; the message lists those that are.
    """
    streams = recording.of_kind(StreamKind.EMG)
    known = [channel.label for stream in streams for channel in stream.channels]
    wanted = known if labels is None else list(labels)
    for label in wanted:
        if label not in known:
            held = ", ".join(known) or "none"
            raise InputError(f"{recording.name}: no EMG channel is named {label!r}; it holds {held}; name one of these.")
    return tuple(_channel(stream, i, channel) for stream in streams for i, channel in enumerate(stream.channels) if channel.label in wanted)


def _channel(stream: Stream, i: int, channel: Channel) -> ChannelOnsets:
    """One channel through the gate, piece by piece between gaps."""
    emg = np.asarray(stream.values[i])
    finite = np.isfinite(emg)
    gap_s = float((~finite).sum() / stream.rate_hz)
    refusal = _REFUSED.get(channel.status) or _too_slow(stream.rate_hz)
    if refusal:
        return ChannelOnsets(channel, OnsetStatus.REFUSED, refusal, Quality(gap_s=gap_s), NO_ONSETS)
    pieces = [(a, b) for a, b in zip(*runs(finite), strict=True) if b - a >= SHORTEST_PIECE_S * stream.rate_hz]
    if not pieces:
        reason = f"no {SHORTEST_PIECE_S:g} s without a gap; record again or fill the gaps at their source"
        return ChannelOnsets(channel, OnsetStatus.REFUSED, reason, Quality(gap_s=gap_s), NO_ONSETS)
    if all(np.ptp(emg[a:b]) == 0.0 for a, b in pieces):
        return ChannelOnsets(
            channel, OnsetStatus.NO_SIGNAL, "every sample is the same: a dead channel has no onset", Quality(gap_s=gap_s), NO_ONSETS
        )
    found = [(a, detect(emg[a:b], rate_hz=stream.rate_hz)) for a, b in pieces]
    onsets = Onsets.of([burst for a, d in found for burst in d.onsets.bursts(later_s=stream.start_s + a / stream.rate_hz)])
    snr = [d.snr_db for _, d in found if d.snr_db is not None]
    quality = Quality(
        snr_db=float(np.median(snr)) if snr else None,
        ecg_ratio=max(d.ecg.share for _, d in found),
        beats=sum(int(d.ecg.beats_s.size) for _, d in found),
        gap_s=gap_s,
    )
    if not onsets.count:
        return ChannelOnsets(channel, OnsetStatus.NO_SIGNAL, "no burst stands out of the rest of the record", quality, NO_ONSETS)
    return ChannelOnsets(channel, *_verdict(onsets, gap_s), quality, onsets)


def _too_slow(rate_hz: float) -> str:
    return "" if rate_hz >= SLOWEST_HZ else f"sampled at {rate_hz:g} Hz; timing EMG needs at least {SLOWEST_HZ:g} Hz; record faster"


def _verdict(onsets: Onsets, gap_s: float) -> tuple[OnsetStatus, str]:
    """Refuse a channel on which every moment is too uncertain; say how many single ones are."""
    wide = _too_wide(onsets.on_low_s, onsets.on_high_s) | _too_wide(onsets.off_low_s, onsets.off_high_s)
    notes = [f"{gap_s:.2f} s without samples: bursts that touch a gap have an open end"] if gap_s else []
    if wide.any():
        notes.append(f"{int(wide.sum())} of {onsets.count} bursts have a moment whose 95 % interval is wider than {WIDEST_S * 1e3:.0f} ms")
    status = OnsetStatus.REFUSED if (_too_wide(onsets.on_low_s, onsets.on_high_s)).all() else OnsetStatus.OK
    return status, "; ".join(notes)


def _too_wide(low: Floats, high: Floats) -> NDArray[np.bool_]:
    return np.asarray(high - low > WIDEST_S)
