"""Write a recording as CSV: '#' lines with what it says of itself and its events, then columns with their units.

Streams of one clock share a time column; streams of another rate or start get their own, to the right, and end with empty cells where
they are shorter. So several rates fit into one file without a resampled or invented number. Rows are written a block at a time.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.ours import check_writable, statement_text
from hipspine.formats.text.person import OWN
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Recording, Stream
from hipspine.terms import Floats

_BLOCK = 1 << 18  # numbers that are written in one step


def write_csv(recording: Recording, path: str | Path) -> None:
    """Write the recording to a CSV file that reads back the same, samples with 9 significant digits.

    Kept: samples, gaps (empty cells), rates, starts, units, muscles, sides, events, `about`, `person` where it was asked for. Not kept:
    warnings, name of the format.

    Raises:
        FormatError: nothing to write, labels that are not unique, notes that would break the lines.
    """
    target = Path(path)
    parts = _parts(recording, target.name)
    first = next(parts)  # what cannot be written is said before the file is touched
    with target.open("wb") as file:
        file.write(first)
        for part in parts:
            file.write(part)


def csv_text(recording: Recording, *, name: str) -> str:
    """The text of `write_csv`, for small recordings; the same recording gives the same text."""
    file = io.BytesIO()
    _write(recording, file, name)
    return file.getvalue().decode("utf-8")


def _write(recording: Recording, file: BinaryIO, name: str) -> None:
    for part in _parts(recording, name):
        file.write(part)


WRITER = Writer("delimited text", (".csv",), nothing_is_lost, _write, precision=1e-8)


def _parts(recording: Recording, name: str) -> Iterator[bytes]:
    """The bytes of the file: the header, then blocks of rows."""
    check_writable(recording, name)
    streams = [stream for stream in recording.streams if stream.values.shape[1]]
    _check(recording, streams, name)
    clocks: dict[tuple[float, float, int], list[Stream]] = {}
    for stream in streams:
        clocks.setdefault((stream.rate_hz, stream.start_s, stream.values.shape[1]), []).append(stream)
    lines = [f"# {key}: {value}" for key, value in recording.about.items()]
    lines += [f"# {OWN}{' '.join(key.split())}: {' '.join(value.split())}" for key, value in recording.person.items()]
    lines += [f"# event: {event.time_s!r}, {event.label}, {event.side or ''}".rstrip() for event in recording.events]
    lines += [f"# streams: {statement_text(recording)}"]
    titles = []
    for members in clocks.values():
        titles.append("time [s]")
        titles += [_quoted(f"{channel.label} [{channel.unit}]") for stream in members for channel in stream.channels]
    yield ("\n".join([*lines, ",".join(titles)]) + "\n").encode("utf-8")
    rows, step = max(samples for _, _, samples in clocks), max(1, _BLOCK // len(titles))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        columns = [column for clock, members in clocks.items() for column in _columns(clock, members, start, stop)]
        yield ("\n".join(map(",".join, zip(*columns, strict=True))) + "\n").encode("ascii")


def _check(recording: Recording, streams: Sequence[Stream], name: str) -> None:
    if any(stream.values.shape[1] < 2 for stream in streams):
        raise FormatError(f"{name}: a stream has a single sample; a text file needs two to show its rate. Write a C3D file instead.")
    if any((channel.label, channel.unit) == ("time", "s") for stream in streams for channel in stream.channels):
        raise FormatError(f"{name}: a channel is called 'time' and measured in s, like the clock beside it; rename it.")
    wrong = next((key for key in recording.about if key.startswith((OWN, "{"))), None)
    if wrong is None:
        wrong = next((key for key in recording.person if ":" in key or "=" in key or not key.strip() or len(key) > 50), None)
    if wrong is not None:
        raise FormatError(f"{name}: {wrong!r} cannot be a key of what a text file says of itself or of a person; use other words.")


def _columns(clock: tuple[float, float, int], members: Sequence[Stream], start: int, stop: int) -> Iterator[list[str]]:
    """The cells of a time column and its channels in these rows; empty ones below the last sample."""
    rate_hz, start_s, samples = clock
    there = max(0, min(stop, samples) - start)
    blank = [""] * (stop - start - there)
    yield [f"{time:.10g}" for time in (start_s + np.arange(start, start + there) / rate_hz).tolist()] + blank
    for stream in members:
        block = np.asarray(stream.values[:, start : start + there]) if there else np.empty((len(stream.channels), 0))
        for values in block:
            yield _cells(values) + blank


def _cells(values: Floats) -> list[str]:
    return ["" if value != value else f"{value:.9g}" for value in values.tolist()]


def _quoted(title: str) -> str:
    return '"' + title.replace('"', '""') + '"' if any(mark in title for mark in ',"') else title
