"""Write a recording as CSV: '#' lines with what it says of itself and its events, then columns with their units.

Streams of one clock share a time column; streams of another rate or start get their own, to the right, and end with empty cells where
they are shorter. So several rates fit into one file without a resampled or invented number.
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import Floats


def write_csv(recording: Recording, path: str | Path) -> None:
    """Write the recording to a CSV file that reads back the same, samples with 9 significant digits.

    Kept: samples, gaps (empty cells), rates, starts, units, muscles, sides, events, `about`. Not kept: warnings, name of the format.

    Raises:
        FormatError: nothing to write, labels that are not unique, notes that would break the lines.
    """
    target = Path(path)
    target.write_bytes(csv_text(recording, name=target.name).encode("utf-8"))


def csv_text(recording: Recording, *, name: str) -> str:
    """The text of `write_csv`; the same recording gives the same text."""
    check_writable(recording, name)
    streams = [stream for stream in recording.streams if stream.values.shape[1]]
    if any(stream.values.shape[1] < 2 for stream in streams):
        raise FormatError(f"{name}: a stream has a single sample; a text file needs two to show its rate. Write a C3D file instead.")
    if any((channel.label, channel.unit) == ("time", "s") for stream in streams for channel in stream.channels):
        raise FormatError(f"{name}: a channel is called 'time' and measured in s, like the clock beside it; rename it.")
    clocks: dict[tuple[float, float, int], list[Stream]] = {}
    for stream in streams:
        clocks.setdefault((stream.rate_hz, stream.start_s, stream.values.shape[1]), []).append(stream)
    lines = [f"# {key}: {value}" for key, value in recording.about.items()]
    lines += [f"# event: {event.time_s!r}, {event.label}, {event.side or ''}".rstrip() for event in recording.events]
    lines += [f"# streams: {statement_text(recording)}"]
    titles, cells = [], []
    for (rate_hz, start_s, samples), members in clocks.items():
        titles.append("time [s]")
        cells.append([f"{time:.10g}" for time in start_s + np.arange(samples) / rate_hz])
        for stream in members:
            titles += [_quoted(f"{channel.label} [{channel.unit}]") for channel in stream.channels]
            cells += [_cells(values) for values in stream.values]
    rows = max(map(len, cells))
    padded = [column + [""] * (rows - len(column)) for column in cells]
    body = [",".join(row) for row in zip(*padded, strict=True)]
    return "\n".join([*lines, ",".join(titles), *body]) + "\n"


def _write(recording: Recording, file: BinaryIO, name: str) -> None:
    file.write(csv_text(recording, name=name).encode("utf-8"))


WRITER = Writer("delimited text", (".csv",), nothing_is_lost, _write, precision=1e-8)


def _cells(values: Floats) -> list[str]:
    return ["" if text == "nan" else text for text in np.char.mod("%.9g", values).tolist()]


def _quoted(title: str) -> str:
    return '"' + title.replace('"', '""') + '"' if any(mark in title for mark in ',"') else title
