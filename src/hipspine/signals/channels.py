"""Every EMG channel of a recording: how far it can be trusted, and when its muscle switches on and off.

A gate stands before and after detection. Before it: empty, flat, rectified or too slow channels are refused. After it: a moment
whose 95 % interval is wider than `WIDEST_S` is not reported as a time; its interval stays, so that it is seen why.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import InputError
from hipspine.signals.onsets import SLOWEST_HZ, Detection, detect
from hipspine.signals.quality import clipping, crosstalk, dead, measure, too_slow, unipolar
from hipspine.signals.recording import Recording, Stream
from hipspine.signals.segmentation import runs
from hipspine.signals.timing import ChannelOnsets, Onsets, Quality
from hipspine.terms import ChannelStatus, Floats, OnsetStatus, StreamKind

LOUD_HUM = 1.0  # hum of more power than everything else is said
CLIPPED_S = 0.005  # more time at the rails than this spoils amplitudes
WIDEST_S = 0.25  # a 95 % interval wider than this is no time
STILL_S = 0.1  # one value for longer than this is no noise
SHORTEST_PIECE_S = 1.0  # between two gaps; shorter pieces are left out

SHORTEST_SHARED_S = 0.5  # of record to tell crosstalk from two muscles at work

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
    return tuple(answer for stream in streams for answer in _stream(stream, set(wanted)))


def _stream(stream: Stream, wanted: set[str]) -> list[ChannelOnsets]:
    """The wanted channels of one stream; crosstalk is measured among all that carry EMG without gaps."""
    fast = stream.rate_hz >= SLOWEST_HZ and stream.duration_s >= SHORTEST_SHARED_S
    alive = [i for i, channel in enumerate(stream.channels) if fast and channel.status not in _REFUSED and _is_whole(stream, i)]
    shared = crosstalk(stream.values, rate_hz=stream.rate_hz, rows=alive).max(1, initial=0.0) if len(alive) > 1 else []
    of_channel = dict(zip(alive, shared, strict=False))
    return [_channel(stream, i, of_channel.get(i)) for i, channel in enumerate(stream.channels) if channel.label in wanted]


def _is_whole(stream: Stream, i: int) -> bool:
    """Whether a channel has no gap; for samples in a file its status says so."""
    if isinstance(stream.values, np.ndarray):
        return stream.channels[i].status is not ChannelStatus.GAPS and bool(np.isfinite(stream.values[i]).all())
    return stream.channels[i].status not in (ChannelStatus.GAPS, ChannelStatus.FLAT)  # a flat one may be nothing but gaps


def _channel(stream: Stream, i: int, crosstalk_index: float | None) -> ChannelOnsets:
    """One channel through the gate, piece by piece between gaps."""
    channel, emg, rate_hz = stream.channels[i], np.ascontiguousarray(stream.values[i]), stream.rate_hz
    quality = (
        measure(emg, rate_hz=rate_hz, crosstalk_index=None if crosstalk_index is None else float(crosstalk_index))
        if emg.size
        else Quality()
    )
    refusal = _REFUSED.get(channel.status) or too_slow(rate_hz)
    if refusal:
        return ChannelOnsets(channel, OnsetStatus.REFUSED, refusal, quality, NO_ONSETS)
    if lifeless := dead(emg):
        return ChannelOnsets(channel, OnsetStatus.NO_SIGNAL, lifeless, quality, NO_ONSETS)
    if not_raw := unipolar(emg, rate_hz=rate_hz):
        return ChannelOnsets(channel, OnsetStatus.REFUSED, not_raw, quality, NO_ONSETS)
    pieces = [(a, b) for a, b in zip(*runs(_recorded(emg, rate_hz=rate_hz)), strict=True) if b - a >= SHORTEST_PIECE_S * rate_hz]
    if not pieces:
        reason = f"{emg.size / rate_hz:.2f} s without {SHORTEST_PIECE_S:g} s in one piece; record longer, and without gaps"
        return ChannelOnsets(channel, OnsetStatus.REFUSED, reason, quality, NO_ONSETS)
    found = [(a, detect(emg[a:b], rate_hz=rate_hz)) for a, b in pieces]
    onsets = Onsets.of([burst for a, d in found for burst in d.onsets.bursts(later_s=stream.start_s + a / rate_hz)])
    quality = _with_detections(quality, [d for _, d in found])
    if not onsets.count:
        return ChannelOnsets(channel, OnsetStatus.NO_SIGNAL, "no burst stands out of the rest of the record", quality, NO_ONSETS)
    status, reason = _verdict(onsets, emg, quality, rate_hz=rate_hz, start_s=stream.start_s)
    return ChannelOnsets(channel, status, reason, quality, _certain(onsets))


def _recorded(emg: Floats, *, rate_hz: float) -> NDArray[np.bool_]:
    """(n,) where samples were recorded: not in gaps, nor before a sensor starts or after it stops (it repeats one value there).

    A record that holds still in its middle too is gated or simulated without noise: there a constant is rest.
    """
    recorded = np.isfinite(emg)
    still = np.r_[False, np.diff(emg) == 0.0]
    held = [(a - 1, b) for a, b in zip(*runs(still), strict=True) if b - a >= STILL_S * rate_hz]
    if all(a == 0 or b == emg.size for a, b in held):
        for a, b in held:
            recorded[a:b] = False
    return recorded


def _with_detections(quality: Quality, found: list[Detection]) -> Quality:
    """Quality with what detection learned, over all pieces."""
    snr = [d.snr_db for d in found if d.snr_db is not None]
    hums = [d.mains for d in found if d.mains is not None]
    hearts = [d.ecg for d in found if d.ecg is not None]
    return replace(
        quality,
        snr_db=float(np.median(snr)) if snr else None,
        mains_ratio=max((hum.ratio for hum in hums), default=None),
        mains_hz=next((hum.line_hz for hum in hums if hum.line_hz is not None), None),
        ecg_ratio=max((heart.share for heart in hearts), default=None),
        beats=sum(int(heart.beats_s.size) for heart in hearts),
    )


def _verdict(onsets: Onsets, emg: Floats, quality: Quality, *, rate_hz: float, start_s: float) -> tuple[OnsetStatus, str]:
    """Refuse a channel on which no onset is certain enough; say what else to know of its bursts."""
    wide_on, wide_off = _wide(onsets)
    notes = []
    if quality.gap_s:
        notes.append(f"{quality.gap_s:.3g} s without samples: a burst that touches a gap has an open end")
    if wide := int((wide_on | wide_off).sum()):
        have = "burst has" if onsets.count == 1 else "bursts have"
        limit = f"{WIDEST_S * 1e3:.0f} ms"
        notes.append(f"{wide} of {onsets.count} {have} a moment whose 95 % interval is wider than {limit}: no time is given for it")
    if quality.mains_ratio is not None and quality.mains_ratio > LOUD_HUM:
        notes.append(
            f"mains hum {quality.mains_ratio:.1f} times as strong as all else was taken away: onsets may suffer; mend reference and cables"
        )
    if wide_on.all():
        return OnsetStatus.REFUSED, "; ".join(notes)
    if quality.clipped_s >= CLIPPED_S:
        first_s = clipping(emg, rate_hz=rate_hz).first_s
        where = "" if first_s is None else f" (from {start_s + first_s:.2f} s)"
        notes.insert(0, f"clipped for {quality.clipped_s:.2f} s{where}: times hold, amplitudes do not; lower the gain and record again")
        return OnsetStatus.CLIPPED, "; ".join(notes)
    return OnsetStatus.OK, "; ".join(notes)


def _wide(onsets: Onsets) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(burst,) whether the interval of its onset, of its offset, is too wide to be a time."""
    return np.asarray(onsets.on_high_s - onsets.on_low_s > WIDEST_S), np.asarray(onsets.off_high_s - onsets.off_low_s > WIDEST_S)


def _certain(onsets: Onsets) -> Onsets:
    """The same without the medians of moments whose interval is too wide; interval and distribution stay."""
    wide_on, wide_off = _wide(onsets)
    return replace(onsets, on_s=np.where(wide_on, np.nan, onsets.on_s), off_s=np.where(wide_off, np.nan, onsets.off_s))
