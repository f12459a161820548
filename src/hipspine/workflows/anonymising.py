"""A copy of a recording without its person: as the format's own reader takes it out, and then searched for what still stands.

A file that is called anonymised and holds a name is worse than no file: where a personal text of the original is found anywhere in
the copy, in UTF-8, Latin-1 or UTF-16, nothing is written, and the answer says which field it belongs to and at which byte it stands.
Words that are part of a muscle's name (somebody is called Magnus) are not searched for on their own, only as part of the whole
name, since a file without the label ADDUCTOR MAGNUS would have lost what it is about. A person who has looked, and found that a
text is none, says so with ``--allow``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from hipspine import __version__
from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.errors import FormatError, InputError
from hipspine.formats.reader import Reader, guarded
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.workflows.comparing import differences
from hipspine.workflows.converting import Progress, opened_part, part_of, placed, read_back, require_new, without_person, writers
from hipspine.workflows.reading import reader_of, source_of

_SHORTEST = 4  # letters of a text that is searched for; shorter ones stand in every file
_SHORTEST_NUMBER = 6  # digits of a code that is searched for
_WORDS = 8  # of a value whose parts are searched for too; a longer one is a sentence, of words that stand anywhere
_LONGEST = 400  # bytes of a text that is searched for
_ORDINARY = frozenset(
    {"male", "female", "unknown", "none", "other", "anonymous", "anonymised", "anonymized", "left", "right", "test", "startdate"}
)  # of no particular person


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
        raise InputError(
            f"OUT: {out} ends with {out.suffix or 'no suffix'!r}, but an anonymised {reader.name} file stays one: call it "
            f"{out.stem}{file.suffix}; to change the format, use hipspine convert."
        )
    recording = reader.recording(source, progress=progress)
    texts = personal_texts(recording.person, allow=allow)
    with part_of(out) as part:
        with opened_part(part, out.name) as copy:
            removed = _removed(reader, source, recording, copy, out.name)
        back = read_back(reader.name, part, out.name, progress)
        _require_same(recording, back, reader, out.name)
        copied = Source(part)
        _require_gone(copied, texts, out.name)
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
        "warnings": [*_written_anew(reader, recording), *_of_names(out, texts)],
        "version": __version__,
    }


def personal_texts(person: Mapping[str, str], *, allow: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What is searched for, as (field, text): whole values, dates as other programs write them, and the parts of names.

    >>> personal_texts({"name": "Magnus Osei-Boateng", "sex": "F", "birth date": "1980-02-01"})[:3]
    [('name', 'Magnus Osei-Boateng'), ('name', 'Osei'), ('name', 'Boateng')]
    """
    allowed = {text.strip().lower() for text in allow}
    found: dict[str, str] = {}
    for field, value in person.items():
        whole = value.strip()
        words = [part for part in re.split(r"[\W_]+", whole) if part]
        parts = [part for part in words if not part.isdigit() and part.lower() not in _muscle_words()] if len(words) <= _WORDS else []
        for text in [whole, *_spelled_dates(whole), *parts]:
            letters = sum(sign.isalnum() for sign in text)
            enough = letters >= (_SHORTEST_NUMBER if all(not sign.isalpha() for sign in text) else _SHORTEST)
            if enough and text.lower() not in allowed and text.lower() not in _ORDINARY:
                found.setdefault(text, field)
    return [(field, text) for text, field in found.items()]


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
        with guarded(reader.name, source):
            return reader.anonymise(source, copy)
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
    for one in differences(before, after, precision=writer.precision if writer else 0.0):
        if one.what in ("channels", "clock", "samples", "gaps", "units"):
            raise FormatError(f"{name}: without its person the recording would read differently: {one.sentence}; nothing was written.")


def _require_gone(copy: Source, texts: Iterable[tuple[str, str]], name: str) -> None:
    still = list(standing(copy, texts))
    if still:
        field, place, encoding = still[0]
        more = f", and in {len(still) - 1} more places" if len(still) > 1 else ""
        raise InputError(
            f"{name}: what the file gives as {field!r} would still stand at byte {place} ({encoding}){more}; nothing was written. "
            "Change that label or note and run it again, or give --allow TEXT if it is nobody's."
        )


def _of_names(out: Path, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each field whose text stands in the name of the file."""
    name = out.name.lower()
    for field in dict.fromkeys(field for field, text in texts if _as_in_a_name(text) in _as_in_a_name(name)):
        yield f"the name of the new file holds what the file gave as {field!r}; give it another name before you pass it on"


# ------------------------------------------------------------------------------------------------------------------- words


def _muscle_words() -> frozenset[str]:
    """Words that stand in labels of muscles and channels."""
    table = lexicon()
    named = frozenset(word for entry in table.names for word in entry[0])
    return named | frozenset(word for muscle in table.part for word in words_of(muscle))


def _spelled_dates(text: str) -> list[str]:
    """A date of the calendar as headers write it: 01.02.1980, 02/01/80, 01-FEB-1980, 19800201."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return []
    month = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")[day.month - 1]
    spelled = [text[:10], f"{day.year:04}{day.month:02}{day.day:02}", f"{day.day:02}-{month}-{day.year}"]
    for year in (f"{day.year:04}", f"{day.year % 100:02}"):
        for mark in "./-":
            spelled += [f"{day.day:02}{mark}{day.month:02}{mark}{year}", f"{day.month:02}{mark}{day.day:02}{mark}{year}"]
    return list(dict.fromkeys(spelled))


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
