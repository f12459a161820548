"""From one file format to another, with nothing lost or a sentence that says what; the result is read back before it is believed."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any, BinaryIO

from hipspine import __version__, formats, plugins
from hipspine.errors import FormatError, InputError
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.writer import Writer
from hipspine.signals.recording import Recording
from hipspine.workflows.comparing import Difference, differences
from hipspine.workflows.documents import require_writable
from hipspine.workflows.reading import open_recording

Progress = Callable[[float], None] | None


def writers() -> dict[str, Writer]:
    """Every format that is written, by the name of its reader."""
    found: dict[str, Writer] = plugins.find(formats, "WRITER", group="hipspine.writers")
    return found


def writer_for(out: Path) -> Writer:
    """The writer of the format that a file's suffix names.

    Raises:
        InputError: no format has this suffix; the message lists those that are written.
    """
    known = writers()
    for writer in known.values():
        if out.suffix.lower() in writer.suffixes:
            return writer
    listed = ", ".join(f"{'/'.join(writer.suffixes)} ({name})" for name, writer in sorted(known.items()))
    found = f"ends with {out.suffix!r}, of no format that is written here" if out.suffix else "has no suffix, which chooses the format"
    raise InputError(f"OUT: {out} {found}; known are {listed}.")


def convert(file: Path, out: Path, *, keep_person: bool = False, overwrite: bool = False, progress: Progress = None) -> dict[str, Any]:
    """The JSON of ``hipspine convert``: write a recording in the format of ``out``'s suffix, and say what that format could not keep.

    The file is written under another name, read back, compared with what it was written from, and only then called ``out``: it is
    there whole and true, or not at all. Names, dates and codes of people are not carried over unless ``keep_person``.

    Raises:
        InputError: a place that cannot be written, a file that is already there, or a result that differs in a way not announced.
        FormatError: the recording cannot be read, or holds what the format cannot keep at all.
    """
    writer = writer_for(out)
    require_new(out, file, overwrite=overwrite)
    recording = open_recording(file, person=True, progress=progress)
    said = len(recording.person)
    if not keep_person:
        recording = without_person(recording)
    lost = writer.losses(recording)
    with part_of(out) as part:
        sha256 = written(writer, recording, part, out.name)
        found = [one for one in _compared(writer, recording, part, out.name, progress) if not one.is_announced(lost)]
        if found:
            raise FormatError(
                f"{out.name}: reads back differently from {file.name}: {found[0].sentence}; nothing was written. Please report it, and "
                "choose another format meanwhile."
            )
        size = part.stat().st_size
        placed(part, out)
    return {
        "input": str(file),
        "input_format": recording.format,
        "input_sha256": recording.sha256,
        "output": str(out),
        "format": writer.name,
        "bytes": size,
        "sha256": sha256,
        "streams": len(recording.streams),
        "channels": sum(len(stream.channels) for stream in recording.streams),
        "events": len(recording.events),
        "lost": list(lost),
        "personal_fields": {"found": said, "kept": len(recording.person)},
        "warnings": list(recording.warnings),
        "version": __version__,
    }


def without_person(recording: Recording) -> Recording:
    """The same recording without what the file said of people."""
    return Recording(
        recording.name, recording.format, recording.streams, recording.events, recording.warnings, recording.sha256, recording.about
    )


def _compared(writer: Writer, recording: Recording, part: Path, name: str, progress: Progress) -> Iterator[Difference]:
    back = read_back(writer.name, part, name, progress)
    yield from differences(recording, back, precision=writer.precision, progress=progress)


def read_back(format_name: str, part: Path, name: str, progress: Progress = None) -> Recording:
    """What was written, by the reader of its format and without what lies beside it; ``name`` is what messages call it."""
    readers: dict[str, Reader] = plugins.find(formats, "READER", group="hipspine.readers")
    try:
        return readers[format_name].recording(Source(part), progress=progress)
    except FormatError as error:
        said = str(error).replace(part.name, name)
        raise FormatError(f"{said} This is what was just written; nothing is kept of it. Please report it.") from error


# ---------------------------------------------------------------------------------------------------------- whole or nothing


def require_new(out: Path, file: Path, *, overwrite: bool) -> None:
    """Refuse an output that is the recording itself (by another name or a link too), or a file that is there and may not be replaced."""
    if out.exists() and file.exists() and os.path.samefile(out, file):
        raise InputError(f"OUT: {out} is the recording itself; give another name.")
    require_writable({"OUT": out}, inputs=[file])
    if out.exists() and not out.is_file():
        raise InputError(f"OUT: {out} is no file but a device or a pipe; give the name of a file.")
    if out.exists() and not overwrite:
        raise InputError(f"OUT: {out} is already there; give another name, or --overwrite to replace it.")


@contextmanager
def part_of(out: Path) -> Iterator[Path]:
    """A place beside ``out`` to write to; whatever is still there at the end is taken away."""
    target = Path(os.path.realpath(out))
    part = target.with_name(f".{target.stem[:180]}.{os.getpid()}-{get_ident()}.part{target.suffix[:20]}")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def placed(part: Path, out: Path) -> None:
    """Give a finished part its name."""
    try:
        part.replace(os.path.realpath(out))
    except OSError as error:
        raise InputError(f"OUT: {out} cannot be written ({error.strerror or error}); give a place where you may write.") from error


def written(writer: Writer, recording: Recording, part: Path, name: str) -> str:
    """Write the recording to this place and give the hash of its bytes."""
    with opened_part(part, name) as file:
        writer.write(recording, file, name)
    return Source(part).sha256


@contextmanager
def opened_part(part: Path, name: str) -> Iterator[BinaryIO]:
    """A new file to write to; on the disk when the block ends."""
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(f"OUT: {name} cannot be written ({error.strerror or error}); make room or give another place.") from error
