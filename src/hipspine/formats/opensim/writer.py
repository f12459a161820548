"""Write a recording as an OpenSim table (.sto, .mot): one clock, SI units, rotations in radians.

OpenSim takes lines ``key=value`` that it does not know as notes on the table; what hipspine knows of streams, muscles, sides and events
stands in such lines. A table has one column of times: streams of another clock are left out, and `losses` says which.
"""

import json
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.opensim.reader import ABOUT, EVENT, PERSON, STREAMS
from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import StreamKind

_BLOCK = 1 << 17  # numbers that are turned into text in one step
_TITLES = {StreamKind.ANGLE: "Coordinates", StreamKind.EMG: "Electromyography", StreamKind.FORCE: "Ground reactions",
           StreamKind.MARKER: "Markers"}  # fmt: skip


def losses(recording: Recording) -> tuple[str, ...]:
    """The streams that another clock keeps out of the table."""
    _, others = _one_clock(recording)
    return tuple(
        f"an OpenSim table has one clock: {stream.kind.value} {stream.name and repr(stream.name) + ' '}at {stream.rate_hz:g} Hz from "
        f"{stream.start_s:g} s ({len(stream.channels)} channels) is left out; write CSV to keep it."
        for stream in others
    )


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the streams that share the clock of most samples.

    Kept: samples (12 digits), gaps (``nan``), rate, start, units, muscles, sides, events, `about`, and `person` where it was asked for.

    Raises:
        FormatError: nothing to write, a single sample, or labels that would break the line of column names.
    """
    check_writable(recording, name)
    streams, _ = _one_clock(recording)
    samples = max(stream.values.shape[1] for stream in streams)
    labels = [channel.label for stream in streams for channel in stream.channels]
    if samples < 2:
        raise FormatError(f"{name}: the recording has a single sample; a text file needs two to show its rate. Write a C3D file instead.")
    kept = Recording(recording.name, recording.format, streams, recording.events, about=recording.about, person=recording.person)
    kinds = {stream.kind for stream in streams}
    lines = [_TITLES.get(kinds.pop(), "Results") if len(kinds) == 1 else "Results", "version=1", f"nRows={samples}"]
    lines += [f"nColumns={1 + len(labels)}", "inDegrees=no", f"{STREAMS}={statement_text(kept)}"]
    lines += [f"{ABOUT}={key}: {value}" for key, value in recording.about.items()]
    lines += [f"{PERSON}={key}: {' '.join(value.split())}" for key, value in recording.person.items()]
    lines += [f"{EVENT}={json.dumps([event.time_s, event.label, event.side])}" for event in recording.events]
    lines += ["endheader", "\t".join(["time", *labels])]
    file.write(("\n".join(lines) + "\n").encode("utf-8"))
    for rows in _rows(streams, samples):
        file.write(rows.encode("ascii"))


WRITER = Writer("OpenSim storage", (".sto", ".mot"), losses, write, precision=1e-11)


def _one_clock(recording: Recording) -> tuple[tuple[Stream, ...], tuple[Stream, ...]]:
    """The streams of the clock that holds most numbers, and the others."""
    streams = [stream for stream in recording.streams if stream.values.shape[1]]
    clocks: dict[tuple[float, float], int] = {}
    for stream in streams:
        clock = (stream.rate_hz, stream.start_s)
        clocks[clock] = clocks.get(clock, 0) + len(stream.channels) * stream.values.shape[1]
    most = max(clocks, key=lambda clock: clocks[clock], default=None)
    kept = tuple(stream for stream in streams if (stream.rate_hz, stream.start_s) == most)
    return kept, tuple(stream for stream in streams if (stream.rate_hz, stream.start_s) != most)


def _rows(streams: tuple[Stream, ...], samples: int) -> Iterator[str]:
    """The rows as text, some at a time; shorter streams end with ``nan``, which the statement takes away again."""
    channels = sum(len(stream.channels) for stream in streams)
    step = max(1, _BLOCK // (channels + 1))
    clock = streams[0]
    for start in range(0, samples, step):
        stop = min(samples, start + step)
        table = np.full((stop - start, channels + 1), np.nan)
        table[:, 0] = clock.start_s + np.arange(start, stop) / clock.rate_hz
        at = 1
        for stream in streams:
            part = np.asarray(stream.values[:, start:stop])
            table[: part.shape[1], at : at + len(stream.channels)] = part.T
            at += len(stream.channels)
        pattern = "\t".join(["%.12g"] * (channels + 1))
        yield "".join(pattern % tuple(row) + "\n" for row in table.tolist())
