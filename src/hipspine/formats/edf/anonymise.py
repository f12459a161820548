"""An EDF or BDF file without its person: the same bytes, with the fields that point at somebody overwritten in place.

What EDF+ (2.1.3) prescribes for anonymity is written: "X X X X", "Startdate X X X X", 01.01.85, 00.00.00. The words of these fields are
then looked for wherever else the file holds text: transducers, filters, labels, annotations. Samples stay as they are.
"""

import json
import re
from collections.abc import Iterable
from typing import BinaryIO

from hipspine.formats.edf.annotations import lists_of
from hipspine.formats.edf.header import FIELDS, HEAD, SIGNAL_FIELDS, EdfHeader, parse
from hipspine.formats.edf.notes import PERSON
from hipspine.formats.edf.person import UNKNOWN_DATE, UNKNOWN_PATIENT, UNKNOWN_RECORDING, UNKNOWN_TIME, person_of
from hipspine.formats.personal import known_words
from hipspine.formats.source import Source

_FREE = ("patient", "recording")  # fields of plain EDF, whose words may as well be about the measurement
_EMPTIED = {"patient": UNKNOWN_PATIENT, "recording": UNKNOWN_RECORDING, "date": UNKNOWN_DATE, "time": UNKNOWN_TIME}
_SAID = {"patient": "the patient identification", "recording": "the recording identification (date, codes, technician, equipment)",
         "date": "the start date", "time": "the start time"}  # fmt: skip
_TEXT = re.compile(rb"(?<=\x14)[^\x14\x00]+(?=\x14)")  # of an annotation
_OUR_PERSON = re.compile(rb"(?<=\x14" + PERSON.encode() + rb")[^\x14\x00]*")
_KNOWN_MARKS = re.compile(r"(EDF\+[CD]|BDF\+[CD]|24BIT)?")


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write an EDF file without its person; what was removed, in words. Samples and everything else stay bit for bit."""
    return _anonymise(source, out, 2)


def anonymise_bdf(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """As `anonymise`, of a BDF file."""
    return _anonymise(source, out, 3)


def _anonymise(source: Source, out: BinaryIO, width: int) -> tuple[str, ...]:
    header = parse(source, width)
    person, _ = person_of(header)
    head = bytearray(source.read(0, header.start))
    said = [f"{_SAID[key]} was emptied" for key, text in _EMPTIED.items() if _put(head, FIELDS[key], text)]
    said += ["the reserved fields were emptied"] if _empty_reserved(head, header) else []
    names = _names_in(person)
    masked = _mask_signal_fields(head, header, names)
    if masked:
        said.append(f"words of these fields were crossed out in {masked} labels, transducers or filters")
    out.write(head)
    crossed = _write_records(source, header, out, names)
    if crossed:
        said.append(f"words of these fields were crossed out in the annotations of {crossed} records")
    rest = source.size - header.start - header.records * header.record_bytes
    if rest:
        said.append(f"{rest} bytes after the last record were left out")
    return tuple(said)


def _put(head: bytearray, place: tuple[int, int], text: str) -> bool:
    """Whether the field held anything else before."""
    at, count = place
    raw = text.encode("ascii").ljust(count)
    before = bytes(head[at : at + count])
    head[at : at + count] = raw
    return before != raw and bool(before.strip(b" \0"))


def _empty_reserved(head: bytearray, header: EdfHeader) -> bool:
    """The reserved fields, but for the mark of EDF+, emptied; whether they held anything."""
    mark = _KNOWN_MARKS.match(header.reserved)
    kept = mark[0] if mark else ""
    found = header.reserved != kept
    _put(head, FIELDS["reserved"], kept)
    count, width = len(header.signals), SIGNAL_FIELDS["reserved"]
    start = HEAD + count * (HEAD - width)
    found |= bool(head[start:].strip(b" \0"))
    head[start:] = b" " * (len(head) - start)
    return found


def _mask_signal_fields(head: bytearray, header: EdfHeader, names: "_Names") -> int:
    """Number of labels, transducers and filters in which words had to be crossed out."""
    masked, at, count = 0, HEAD, len(header.signals)
    for title, width in SIGNAL_FIELDS.items():
        if title in ("label", "transducer", "prefilter"):
            for place in range(at, at + count * width, width):
                raw = bytes(head[place : place + width])
                clean = names.crossed_out(raw, keep_known=title == "label")
                masked += clean != raw
                head[place : place + width] = clean
        at += count * width
    return masked


def _write_records(source: Source, header: EdfHeader, out: BinaryIO, names: "_Names") -> int:
    """Write all records, the names in their annotations crossed out; in how many there were any."""
    texts = [(s.start, s.start + s.samples * header.width) for s in header.signals if s.is_annotations and s.samples]
    crossed = 0
    for _, block in source.records(header.start, header.record_bytes, 0, header.records):
        changes = []
        for record in range(len(block)) if texts else ():
            for begin, end in texts:
                raw = block[record, begin:end].tobytes()
                clean = _clean_lists(raw, names)
                if clean != raw:
                    changes.append((record * header.record_bytes + begin, clean))
        data = bytearray(block.tobytes())
        for at, clean in changes:
            data[at : at + len(clean)] = clean
        crossed += len({at // header.record_bytes for at, _ in changes})
        out.write(data)
    return crossed


def _clean_lists(raw: bytes, names: "_Names") -> bytes:
    """Annotations of one record with names, and with what hipspine noted about a person, crossed out; times stay."""
    if not any(True for _ in lists_of(raw)):
        return raw
    ours = _OUR_PERSON.sub(_crosses, raw)
    return _TEXT.sub(lambda found: names.crossed_out(bytes(found[0]), keep_known=found[0].startswith(b"hipspine ")), ours)


def _crosses(found: re.Match[bytes]) -> bytes:
    return b"X" * (found.end() - found.start())


class _Names:
    """Words that point at a person, ready to be found in text of any encoding."""

    def __init__(self, certain: Iterable[str], free: Iterable[str]) -> None:
        known = known_words()
        unknown = {word for word in free if word.lower() not in known}
        self._all = _pattern({*certain, *unknown})
        self._unknown = _pattern({word for word in certain if word.lower() not in known} | unknown)

    def crossed_out(self, raw: bytes, *, keep_known: bool = False) -> bytes:
        """The same number of bytes with X for each of a name."""
        pattern = self._unknown if keep_known else self._all
        return pattern.sub(_crosses, raw) if pattern else raw


def _names_in(person: dict[str, str]) -> _Names:
    certain = [word for key, text in person.items() if key not in (*_FREE, "sex", "time of day") for word in _words(text)]
    certain += [time.replace(":", mark) for time in [person.get("time of day", "")] if time for mark in ":."]
    return _Names(certain, [word for key in _FREE for word in _words(person.get(key, ""))])


def _words(text: str) -> list[str]:
    """Words of three letters and more; a date in the ways in which people write dates."""
    date = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    if date:
        year, month, day = (str(part) for part in date.groups())
        parts = [(day, month, year), (year, month, day), (month, day, year), (day, month, year[2:])]
        return [mark.join(part) for part in parts for mark in (".", "-", "/", "")]
    return [word for word in re.split(r"[\s_,;:()]+", text) if sum(letter.isalnum() for letter in word) > 2 and word.lower() != "startdate"]


def _pattern(words: set[str]) -> re.Pattern[bytes] | None:
    spelt = {spelling for word in words for spelling in _spellings(word)}
    if not spelt:
        return None
    alternatives = b"|".join(re.escape(spelling) for spelling in sorted(spelt, key=lambda spelling: (-len(spelling), spelling)))
    return re.compile(rb"(?<![A-Za-z0-9])(?:" + alternatives + rb")(?![A-Za-z0-9])", re.IGNORECASE)


def _spellings(word: str) -> set[bytes]:
    out = set()
    for variant in (word, word.lower(), word.upper(), word.title()):
        out.add(variant.encode("utf-8"))
        out.add(json.dumps(variant)[1:-1].encode("ascii"))  # as our own note spells it
        out.add(variant.encode("latin-1", "ignore"))
    return {spelling for spelling in out if len(spelling) > 2}
