"""A copy of a recording without its person: as the format's own reader takes it out, and then searched for what still stands.

A file that is called anonymised and holds a name is worse than no file: where a personal text of the original is found anywhere in
the copy, in UTF-8, Latin-1 or UTF-16, nothing is written, and the answer says which field it belongs to and at which byte it stands.
Words that are part of a muscle's name (somebody is called Magnus) are not searched for on their own, only as part of the whole
name, since a file without the label ADDUCTOR MAGNUS would have lost what it is about. A person who has looked, and found that a
text is none, says so with ``--allow``.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from hipspine import __version__
from hipspine.errors import FormatError, InputError
from hipspine.formats.personal import known_words, personal_texts, texts_pattern
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Channel, Recording
from hipspine.workflows.comparing import differences
from hipspine.workflows.converting import Progress, opened_part, part_of, placed, read_back, require_new, without_person, writers
from hipspine.workflows.reading import reader_of, source_of

_CROSSES = re.compile(r"x{3,}([\s_]+x{3,})*", re.IGNORECASE)
_LONGEST = 400  # bytes of a text that is searched for


def anonymise(file: Path, out: Path, *, overwrite: bool = False, allow: Iterable[str] = (), progress: Progress = None) -> dict[str, Any]:
    """The JSON of ``hipspine anonymise``: write the recording without its person, and say by field what was removed.

    Formats whose reader can take the person out keep every other byte; the others are written anew. The samples are compared and are
    the same; the copy is there whole, searched and compared, or not at all.

    Raises:
        InputError: a place that cannot be written, another suffix, or a personal text that still stands in the copy.
        FormatError: the recording cannot be read, or its format cannot be written.
    """
    require_new(out, file, overwrite=overwrite)
    source = source_of(file)
    reader = reader_of(source)
    if out.suffix.lower() not in (*reader.suffixes, file.suffix.lower()):
        found = f"ends with {out.suffix!r}" if out.suffix else "has no suffix"
        raise InputError(
            f"OUT: {out} {found}, but an anonymised {reader.name} file stays one: call it "
            f"{out.stem}{file.suffix}; to change the format, use hipspine convert."
        )
    recording = reader.recording(source, progress=progress)
    texts = personal_texts(recording.person, allow=allow)
    with part_of(out) as part:
        with opened_part(part, out.name) as copy:
            removed = _removed(reader, source, recording, copy, out.name)
        back = read_back(reader.name, part, out.name, progress)
        copied = Source(part)
        _require_gone(copied, texts, out.name)
        _require_unread(back, texts, out.name)
        _require_same(recording, back, reader, out.name)
        sha256, size = copied.sha256, copied.size
        placed(part, out)
    return {
        "input": str(file),
        "format": reader.name,
        "output": str(out),
        "bytes": size,
        "sha256": sha256,
        "removed": list(removed),
        "searched_for": len({field for field, _ in texts}),
        "warnings": [*_written_anew(reader, recording), *_in_free_words(back), *_of_names(out, texts)],
        "version": __version__,
    }


def standing(source: Source, texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int, str]]:
    """Where a personal text stands in these bytes, as (field, byte, encoding): the first place of each text and encoding.

    Capitals do not matter; a text inside a longer word is another word and does not count.
    """
    wanted = [(field, encoding, form) for field, text in texts for encoding, form in _forms(text)]
    places: dict[int, int] = {}
    before, start = b"", 0
    for block in source.blocks():
        data = (before + block).lower()
        ends = start + len(block) >= source.size
        for number, (_, encoding, form) in enumerate(wanted):
            if number not in places and (hit := _place(data, form, encoding, ends=ends)) is not None:
                places[number] = start - len(before) + hit
        before, start = data[-2 * _LONGEST :], start + len(block)
    for number, place in sorted(places.items(), key=lambda item: item[1]):
        yield wanted[number][0], place, wanted[number][1]


# ------------------------------------------------------------------------------------------------------------------- steps


def _removed(reader: Reader, source: Source, recording: Recording, copy: BinaryIO, name: str) -> tuple[str, ...]:
    """Write the copy; what was taken out, by field name."""
    if reader.anonymise is not None:
        return reader.anonymised(source, copy)
    writer = writers().get(reader.name)
    if writer is None:
        raise FormatError(f"{source.name}: {reader.name} files cannot be written here; use hipspine convert, which leaves people out too.")
    lost = writer.losses(recording)
    if lost:
        raise FormatError(f"{source.name}: written anew it would lose something: {lost[0]}")
    writer.write(without_person(recording), copy, name)
    return tuple(recording.person)


def _written_anew(reader: Reader, recording: Recording) -> Iterator[str]:
    if reader.anonymise is None:
        yield "the copy was written anew: samples in SI, and what hipspine understood of the file; the rest of it is not in the copy"
        yield from recording.warnings


def _require_same(before: Recording, after: Recording, reader: Reader, name: str) -> None:
    """Samples and clocks must not have changed; notes and events may have held what was removed."""
    writer = None if reader.anonymise is not None else writers()[reader.name]
    for one in differences(_alike(before), _alike(after), precision=writer.precision if writer else 0.0):
        if one.what in ("channels", "clock", "samples", "gaps", "units"):
            raise FormatError(f"{name}: without its person the recording would read differently: {one.sentence}; nothing was written.")


def _alike(recording: Recording) -> Recording:
    """The recording with all crosses in its labels alike: a letter is one to three bytes, by the encoding."""
    places = count(1)
    streams = tuple(
        replace(s, channels=tuple(replace(c, label=f"{_CROSSES.sub('xxx', c.label)} ({next(places)})") for c in s.channels))
        for s in recording.streams
    )
    return replace(recording, streams=streams)


def _require_gone(copy: Source, texts: Iterable[tuple[str, str]], name: str) -> None:
    still = list(standing(copy, texts))
    if still:
        field, place, encoding = still[0]
        more = f", and in {len(still) - 1} more places" if len(still) > 1 else ""
        raise InputError(
            f"{name}: what the file gives as {field!r} would still stand at byte {place} ({encoding}){more}; nothing was written. "
            "Change that label or note and run it again, or give --allow TEXT if it is nobody's."
        )


def _require_unread(back: Recording, texts: Iterable[tuple[str, str]], name: str) -> None:
    """As `_require_gone`, for what is packed in the file and only seen by reading it."""
    said = {f"the remark {key!r}": value for key, value in back.about.items()}
    said |= {f"the label of channel {place}": channel.label for place, channel in enumerate(_channels(back), 1)}
    said |= {f"event {place}": event.label for place, event in enumerate(back.events, 1)}
    for field, text in texts:
        pattern = texts_pattern([text])
        where = next((place for place, words in said.items() if pattern and pattern.search(words)), None)
        if where is not None:
            raise InputError(
                f"{name}: what the file gives as {field!r} would still stand in {where}; nothing was written. "
                "Change that label or note and run it again, or give --allow TEXT if it is nobody's."
            )


def _channels(recording: Recording) -> list[Channel]:
    return [channel for stream in recording.streams for channel in stream.channels]


def _in_free_words(copy: Recording) -> Iterator[str]:
    """A sentence for events that somebody wrote in words of their own: no field of the file tells whether they name somebody."""
    free = [event for event in copy.events if not set(re.findall(r"[^\W\d_]+", event.label.lower())) <= known_words() | {"x" * 3, "end"}]
    if free:
        yield f"{len(free)} events in free words were kept: look whether they name somebody"


def _of_names(out: Path, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each field whose text stands in the name of the file."""
    name = out.name.lower()
    for field in dict.fromkeys(field for field, text in texts if _as_in_a_name(text) in _as_in_a_name(name)):
        yield f"the name of the new file holds what the file gave as {field!r}; give it another name before you pass it on"


# ------------------------------------------------------------------------------------------------------------------- words


def _forms(text: str) -> Iterator[tuple[str, bytes]]:
    """The text as bytes in each encoding that can hold it, its ASCII letters small."""
    seen = set()
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        for spelled in (text, text.upper(), text.lower()):
            try:
                form = spelled.encode(encoding).lower()
            except UnicodeEncodeError:
                continue
            if form not in seen and len(form) <= _LONGEST:
                seen.add(form)
                yield encoding, form


def _place(data: bytes, form: bytes, encoding: str, *, ends: bool) -> int | None:
    """Where the form stands as a word of its own in these bytes; at the very end only if nothing follows them."""
    width = 2 if encoding.startswith("utf-16") else 1
    at = data.find(form)
    while at >= 0:
        after = data[at + len(form) : at + len(form) + width]
        if len(after) < width and not ends:
            return None  # seen again, whole, with the next block
        if not (_goes_on(data[max(0, at - width) : at], form[:width], encoding) or _goes_on(after, form[-width:], encoding)):
            return at
        at = data.find(form, at + 1)
    return None


def _goes_on(beside: bytes, edge: bytes, encoding: str) -> bool:
    """Whether the sign beside the edge of a word belongs to the same word: a letter to a letter, a digit to a digit."""
    sign, last = (part.decode(encoding, "replace") for part in (beside, edge))
    return bool(sign) and sign.isascii() and ((sign.isalpha() and last.isalpha()) or (last.isdigit() and (sign.isdigit() or sign == ".")))


def _as_in_a_name(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
