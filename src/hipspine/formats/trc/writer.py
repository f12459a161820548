"""Write the markers of a recording as TRC, in millimetres, as OpenSim reads it: an empty cell is a marker that was not seen.

TRC holds markers of one rate and nothing else; `losses` says what stays behind.
"""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.motion.head import listed
from hipspine.formats.ours import check_writable
from hipspine.formats.trc.reader import AXES
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import StreamKind

_BLOCK = 1 << 17  # numbers that are turned into text in one step
_MM = 1000.0


def losses(recording: Recording) -> tuple[str, ...]:
    """Everything that is no marker of the one clock: streams, single channels, events, what the file says of itself."""
    kept = _markers(recording)
    out = []
    for stream in recording.streams:
        if stream.values.shape[1] and stream is not kept:
            what = (
                f"{stream.kind.value} {stream.name and repr(stream.name) + ' '}at {stream.rate_hz:g} Hz ({len(stream.channels)} channels)"
            )
            out.append(f"TRC holds the markers of one clock: {what} is left out; write CSV or C3D to keep it.")
    single = [] if kept is None else _single(kept)
    if single:
        out.append(f"TRC holds x, y, z of markers: {listed(single)} of no such triple are left out.")
    if recording.events:
        out.append(f"TRC holds no events: {len(recording.events)} are left out.")
    if recording.about or recording.person:
        out.append("TRC holds no notes: what the recording says of itself is left out.")
    return tuple(out)


def write(recording: Recording, file: BinaryIO, name: str) -> None:
    """Write the largest stream of markers.

    Kept: positions (9 digits), gaps, rate, start, names. The first frame's number is that of its time at this rate, frame 1 being 0 s.

    Raises:
        FormatError: there is no marker, or a single frame.
    """
    check_writable(recording, name)
    stream = _markers(recording)
    if stream is None:
        raise FormatError(f"{name}: TRC holds markers, the recording has none; write a C3D or CSV file instead.")
    frames, rate_hz = stream.values.shape[1], stream.rate_hz
    if frames < 2:
        raise FormatError(f"{name}: the recording has a single frame; a text file needs two to show its rate. Write a C3D file instead.")
    triples = _triples(stream)
    first = max(round(stream.start_s * rate_hz), 0) + 1
    rate = f"{rate_hz:.10g}"
    lines = [
        "PathFileType\t4\t(X/Y/Z)\tmarkers.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{frames}\t{len(triples)}\tmm\t{rate}\t{first}\t{frames}",
        "Frame#\tTime\t" + "\t".join(f"{label}\t\t" for label, _ in triples),
        "\t\t" + "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, len(triples) + 1)) + "\t",
        "",
    ]
    file.write(("\n".join(lines) + "\n").encode("utf-8"))
    for text in _rows(stream, [row for _, rows in triples for row in rows], first):
        file.write(text.encode("ascii"))


WRITER = Writer("TRC", (".trc",), losses, write, precision=1e-8)


def _markers(recording: Recording) -> Stream | None:
    """The stream with most markers; the first of several."""
    streams = [s for s in recording.streams if s.kind is StreamKind.MARKER and s.values.shape[1] and _triples(s)]
    return max(streams, key=lambda stream: len(_triples(stream)), default=None)


def _triples(stream: Stream) -> list[tuple[str, tuple[int, ...]]]:
    """Name and rows of each marker whose three channels follow one another."""
    labels = [channel.label for channel in stream.channels]
    out: list[tuple[str, tuple[int, ...]]] = []
    for row, label in enumerate(labels):
        name = label.removesuffix(AXES[0])
        if name and labels[row : row + 3] == [name + axis for axis in AXES]:
            out.append((name, (row, row + 1, row + 2)))
    return out


def _single(stream: Stream) -> list[str]:
    used = {row for _, rows in _triples(stream) for row in rows}
    return [channel.label for row, channel in enumerate(stream.channels) if row not in used]


def _rows(stream: Stream, rows: list[int], first: int) -> Iterator[str]:
    """The frames as text, some at a time."""
    frames = stream.values.shape[1]
    step = max(1, _BLOCK // (len(rows) + 2))
    pattern = "%d\t%.12g\t" + "\t".join(["%.9g"] * len(rows))
    for start in range(0, frames, step):
        stop = min(frames, start + step)
        table = np.asarray(stream.values[rows, start:stop]).T * _MM
        times = stream.start_s + np.arange(start, stop) / stream.rate_hz
        lines = [
            pattern % (first + start + i, time, *row) + "\n"
            for i, (time, row) in enumerate(zip(times.tolist(), table.tolist(), strict=True))
        ]
        yield "".join(lines).replace("\tnan", "\t")
