"""From a path to a recording, and from a recording to what is shown of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hipspine import formats, plugins
from hipspine.anatomy.assignments import Assignment, assignment_of
from hipspine.errors import FormatError
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source, beginning
from hipspine.formats.text.sibling_events import sibling_events
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.workflows.labels import kept_beside, with_note


def open_recording(
    path: str | Path,
    *,
    channels: Collection[str] = (),
    labels: Mapping[str, str | Assignment] | None = None,
    person: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Recording:
    """The recording in a file of any known format; the content decides, not the suffix.

    Samples of large files stay in the file until they are asked for: ``stream.values[3]`` reads one channel.

    Args:
        path: of the file. Events in a file beside it (``walk_events.csv`` for ``walk.c3d``) are read where it holds none itself.
        channels: labels of the channels that are wanted; the others are not read. All if empty.
        labels: what labels mean, where somebody has said it, such as ``{"GM_L": "gluteus_medius:left"}``; over everything that is read
            from them. A file ``hipspine-labels.toml`` beside the recording is used too, and a warning says so; what is given here wins.
        person: keep what the file says of people (names, birth dates, codes), in ``recording.person``.
        progress: told the share that is done, 0-1.

    Raises:
        FormatError: the file is missing, empty, unknown, damaged or cut off, or holds numbers that no device gives; one sentence says
            where and what to do.
        InputError: a meaning in ``labels``, or in the file beside the recording, is none.
    """
    source = source_of(path)
    kept = kept_beside(source.path)
    said = {label: assignment_of(meaning) if isinstance(meaning, str) else meaning for label, meaning in (labels or {}).items()}
    recording = reader_of(source).recording(source, labels={**kept, **said}, only=channels, progress=progress)
    recording = with_note(recording, kept, said)
    if not recording.events:
        warnings: list[str] = []
        recording = recording.with_events(tuple(sibling_events(source.path, warnings)))
        recording = replace(recording, warnings=(*recording.warnings, *warnings))
    return replace(recording, sha256=source.sha256, person=recording.person if person else {})


def describe(recording: Recording) -> dict[str, Any]:
    """What `hipspine read FILE` shows, as plain JSON values: streams, channels, events, warnings; unknown is None."""
    return {
        "format": recording.format,
        "sha256": recording.sha256,
        "duration_s": recording.duration_s,
        "first_time_s": recording.first_time_s,
        "streams": [_stream(stream) for stream in recording.streams],
        "events": [{"label": e.label, "side": e.side.value if e.side else None, "time_s": e.time_s} for e in recording.events],
        "warnings": list(recording.warnings),
        "about": dict(recording.about),
    }


def _stream(stream: Stream) -> dict[str, Any]:
    return {
        "kind": stream.kind.value,
        "name": stream.name,
        "rate_hz": stream.rate_hz,
        "start_s": stream.start_s,
        "samples": stream.values.shape[1],
        "channels": [_channel(channel) for channel in stream.channels],
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "label": channel.label,
        "muscle": channel.muscle,
        "side": channel.side.value if channel.side else None,
        "region": channel.region.value if channel.region else None,
        "unit": channel.unit or None,
        "status": channel.status.value,
        "confidence": channel.confidence,
        "reason": channel.reason,
        "candidates": list(channel.candidates),
    }


def source_of(path: str | Path) -> Source:
    """The bytes of a regular file; a device or a pipe may never end, and holds no recording that could be opened again.

    Raises:
        FormatError: no such file, a folder, no rights, or empty.
    """
    place = Path(path)
    try:
        if not place.exists():
            raise FormatError(f"{place}: there is no such file; check the path.")
        if place.is_dir():
            raise FormatError(f"{place}: is a folder; give the name of one recording in it.")
        if not place.is_file():
            raise FormatError(f"{place}: is no file but a device or a pipe; save the recording as a file and give its name.")
        source = Source(place)
        if not source.size:
            raise FormatError(f"{place.name}: the file is empty (0 bytes); record or export it again.")
        source.head  # noqa: B018 - read here, so that missing rights are said here
    except OSError as error:
        raise FormatError(f"{place}: cannot be opened ({error.strerror or type(error).__name__}); check its name and rights.") from None
    return source


def reader_of(source: Source) -> Reader:
    """The reader that recognises the content; else the one of the suffix, which can say what is wrong.

    Raises:
        FormatError: no reader knows it.
    """
    readers: dict[str, Reader] = plugins.find(formats, "READER", group="hipspine.readers")
    for reader in readers.values():
        if reader.recognises(source.head, source.suffix):
            return reader
    for reader in readers.values():
        if source.suffix in reader.suffixes:
            return reader
    tried, begins = ", ".join(readers), beginning(source.head)
    raise FormatError(f"{source.name}: of no known format (tried {tried}); it begins with {begins}. Export it as C3D or CSV.")
