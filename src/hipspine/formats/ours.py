"""What hipspine writes beside the data, so that a recording reads back as it was: streams, muscles, sides, and `about`.

Other programs ignore it; without it, or where the file was changed since, labels and units are read as in any other file.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hipspine.anatomy.names import MuscleName
from hipspine.errors import FormatError
from hipspine.formats.lazy import shortened
from hipspine.signals.recording import Channel, Recording, Samples, Stream
from hipspine.terms import ChannelStatus, Floats, Region, Side, StreamKind

_LOOKED_AT = 4096  # samples at either end of a filling


@dataclass(frozen=True, slots=True)
class Stated:
    """What was written about one channel."""

    label: str
    kind: StreamKind
    stream: str  # name of its stream
    index: int  # place of its stream in the recording
    muscle: str | None
    side: Side | None
    region: Region | None
    unit: str

    def over(self, read: MuscleName) -> MuscleName:
        """The muscle as stated; what was read from the label stays where both agree."""
        same = (read.muscle, read.side, read.region) == (self.muscle, self.side, self.region)
        if same:
            return read
        if self.muscle is None:
            status = ChannelStatus.UNNAMED if read.muscle is not None else read.status
            return replace(read, muscle=None, side=self.side, region=self.region, confidence=0.0, status=status)
        return MuscleName(self.muscle, self.side, self.region, 1.0, "as stated in the file", code=read.code)


@dataclass(frozen=True, slots=True)
class Statement:
    """What was written about all channels and streams; empty for a file of another program."""

    channels: Mapping[str, Stated] = field(default_factory=dict)
    rates_hz: tuple[float, ...] = ()
    starts_s: tuple[float, ...] = ()
    samples: tuple[int, ...] = ()

    def of(self, label: str) -> Stated | None:
        """What was written about this channel."""
        return self.channels.get(label)

    def ordered(self, streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
        """Streams in their first order, with their exact rate and start, and without the samples that filled up the file."""
        if not self.channels:
            return streams
        place = {id(stream): self._index(stream) for stream in streams}
        return tuple(self._exact(stream, place[id(stream)]) for stream in sorted(streams, key=lambda stream: place[id(stream)]))

    def _index(self, stream: Stream) -> int:
        stated = self.of(stream.channels[0].label)
        return stated.index if stated else len(self.rates_hz)

    def _exact(self, stream: Stream, index: int) -> Stream:
        if index >= len(self.rates_hz) or not np.isclose(stream.rate_hz, self.rates_hz[index], rtol=1e-4):
            return stream
        if not abs(stream.start_s - self.starts_s[index]) <= 0.5 / stream.rate_hz:
            return stream  # somebody moved the data since; the file's own clock holds
        samples = self.samples[index]
        values = shortened(stream.values, samples) if _is_filling(stream.values, samples) else stream.values
        channels = stream.channels
        if values.shape != stream.values.shape:
            channels = tuple(_without_filling(channel, values[i]) for i, channel in enumerate(channels))
        return replace(stream, rate_hz=self.rates_hz[index], start_s=self.starts_s[index], values=values, channels=channels)


def _without_filling(channel: Channel, values: Floats) -> Channel:
    """A channel whose gaps were counted with the filling: counted again, and none at all where only the filling was missing."""
    if channel.status is not ChannelStatus.GAPS:
        return channel
    missing, rest = int(np.isnan(values).sum()), channel.reason.partition("; ")[2]
    if missing:
        words = f"{missing} of {values.size} samples are missing"
        return replace(channel, reason=f"{words}; {rest}" if rest else words)
    named = ChannelStatus.AMBIGUOUS if channel.candidates else ChannelStatus.UNNAMED
    is_emg = bool(rest)  # of an EMG channel the reason goes on with what is known of its name
    return replace(channel, status=named if is_emg and channel.muscle is None else ChannelStatus.OK, reason=rest)


def _is_filling(values: Samples, first: int) -> bool:
    """Whether the samples from here on say nothing, one number or none in each channel: else somebody has added them since.

    Of many the beginning and the end are looked at.
    """
    end = values.shape[1]
    if first >= end:
        return True
    for start, stop in ((first, min(first + _LOOKED_AT, end)), (max(first, end - _LOOKED_AT), end)):
        tail = np.asarray(values[:, start:stop])
        if not (np.isnan(tail) | (tail == tail[:, :1])).all():
            return False
    return True


def statement_text(recording: Recording) -> str:
    """The statement of a recording as one line of plain ASCII without spaces."""
    streams = [
        {
            "kind": stream.kind.value,
            "name": stream.name,
            "rate_hz": stream.rate_hz,
            "start_s": stream.start_s,
            "samples": stream.values.shape[1],
            "channels": [[c.label, c.muscle, c.side, c.region, c.unit] for c in stream.channels],
        }
        for stream in recording.streams
    ]
    return json.dumps(streams, separators=(",", ":"), ensure_ascii=True).replace(" ", "\\u0020")


def statement_of(text: str, name: str) -> Statement:
    """The statement in a file.

    Raises:
        FormatError: it is there but damaged.
    """
    if not text.strip():
        return Statement()
    try:
        streams = json.loads(text)
        channels = {str(entry[0]): _stated(entry, stream, i) for i, stream in enumerate(streams) for entry in stream["channels"]}
        return Statement(
            channels,
            tuple(float(stream["rate_hz"]) for stream in streams),
            tuple(float(stream["start_s"]) for stream in streams),
            tuple(_count(stream["samples"]) for stream in streams),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise FormatError(
            f"{name}: the note that hipspine wrote about its streams is damaged ({type(error).__name__}); write the file again."
        ) from None


def _count(number: Any) -> int:
    if int(number) < 0:
        raise ValueError
    return int(number)


def _stated(entry: Sequence[Any], stream: Mapping[str, Any], index: int) -> Stated:
    label, muscle, side, region, unit = entry
    return Stated(
        str(label),
        StreamKind(stream["kind"]),
        str(stream["name"]),
        index,
        None if muscle is None else str(muscle),
        Side(side) if side else None,
        Region(region) if region else None,
        str(unit),
    )


def about_of(lines: Iterable[str]) -> dict[str, str]:
    """``key: value`` lines as a mapping; others are left out.

    >>> about_of(["simulated: yes", "a remark"])
    {'simulated': 'yes'}
    """
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def check_writable(recording: Recording, what: str) -> None:
    """Refuse what no file could give back: no samples, labels that are not unique, notes that would break the lines of a header."""
    labels = [channel.label for stream in recording.streams for channel in stream.channels]
    if not labels or all(stream.values.shape[1] == 0 for stream in recording.streams):
        raise FormatError(f"{what}: the recording holds no samples; there is nothing to write.")
    doubled = sorted({label for label in labels if labels.count(label) > 1})
    if doubled:
        raise FormatError(f"{what}: the label {doubled[0]!r} stands for several channels; labels must differ. Rename one of them.")
    for text in [*labels, *recording.about, *recording.about.values(), *(event.label for event in recording.events)]:
        if text != text.strip() or any(not letter.isprintable() for letter in text):
            raise FormatError(f"{what}: {text!r} begins or ends with a space or holds a control character; use plain text.")
    for key in recording.about:
        if not key or ":" in key or key in ("event", "streams", "rate_hz"):
            raise FormatError(f"{what}: {key!r} cannot be a key of what the file says of itself; use words without a colon.")
