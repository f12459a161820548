"""A recording: streams of samples on one clock, events, and what the file said about itself.

Inside everything is SI (volts, radians, newtons, metres, seconds). All streams and events of a recording share one clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.terms import ChannelStatus, Floats, Region, Side, StreamKind


class Samples(Protocol):
    """(channel, sample) numbers: an array in memory, or one that stays in its file and reads what is asked for.

    ``values[row]`` is one channel, ``values[rows, start:stop]`` a stretch of several, ``np.asarray(values)`` everything.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels and samples."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __array__(self) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its label in the file and what we understood of it."""

    label: str
    muscle: str | None = None  # canonical muscle name (anatomy.names), None if not known
    side: Side | None = None
    region: Region | None = None
    unit: str = ""  # SI unit of the samples
    status: ChannelStatus = ChannelStatus.OK
    confidence: float = 1.0  # of the muscle name, 0-1
    reason: str = ""  # why this muscle and status
    candidates: tuple[str, ...] = ()  # of an ambiguous label: the muscles that fit


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Channels sampled together."""

    kind: StreamKind
    rate_hz: float
    start_s: float  # time of the first sample on the recording's clock [s]
    channels: tuple[Channel, ...]
    values: Samples  # (channel, sample) in each channel's SI unit; NaN only inside a gap
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.values.shape) != 2 or self.values.shape[0] != len(self.channels):
            raise SignalError(f"stream values have shape {self.values.shape}; expected ({len(self.channels)}, samples)")
        if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise SignalError(f"stream rate is {self.rate_hz} Hz; it must be a positive number")
        if isinstance(self.values, np.ndarray):
            self.values.setflags(write=False)

    @property
    def duration_s(self) -> float:
        """Length of the stream [s]."""
        return float(self.values.shape[1] / self.rate_hz)

    def times_s(self) -> Floats:
        """Time of each sample on the recording's clock [s]."""
        return self.start_s + np.arange(self.values.shape[1]) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Event:
    """A marked moment, such as a foot contact or the start of a movement."""

    label: str  # canonical where known: "foot strike", "foot off", "movement start", "cue"
    time_s: float
    side: Side | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Everything that one file (or one simulated person) holds."""

    name: str  # the file's name, without its folder
    format: str  # name of the reader
    streams: tuple[Stream, ...]
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()
    sha256: str = ""  # of the file's bytes
    about: Mapping[str, str] = field(default_factory=dict)  # what the file says: device, cue given, "simulated"; keys as in docs
    person: Mapping[str, str] = field(default_factory=dict, repr=False)  # names, birth dates, codes: only where they were asked for

    @property
    def duration_s(self) -> float:
        """From the first to the last sample over all streams [s]."""
        return max((s.start_s + s.duration_s for s in self.streams), default=0.0) - self.first_time_s

    @property
    def first_time_s(self) -> float:
        """Time of the earliest sample [s]."""
        return min((s.start_s for s in self.streams), default=0.0)

    def of_kind(self, kind: StreamKind) -> tuple[Stream, ...]:
        """The streams of one kind, in file order; its name, such as ``"emg"``, will do."""
        return tuple(stream for stream in self.streams if stream.kind == kind)

    def with_events(self, events: tuple[Event, ...]) -> "Recording":
        """The same recording with these events added, in order of time."""
        return replace(self, events=tuple(sorted((*self.events, *events), key=lambda event: event.time_s)))
