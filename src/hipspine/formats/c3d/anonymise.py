"""A C3D file without its person: the same file, byte for byte in place, with what says who it was overwritten.

Header, parameters and what stands between and behind them are gone through; the samples are copied as they are. Every length stays, so
that each other program still finds everything where it was. Overwritten are
- parameters that say something of a person (`c3d.person`), texts and numbers, with their descriptions;
- the names found there, wherever else they stand: in labels, descriptions, notes, titles; and dates and paths in any text;
- the subject in front of marker labels;
- rests of older texts: behind the end of a text, between parameters, in unused parts of the header, behind the last frame.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from hipspine.formats.c3d.layout import C3dContent, parse
from hipspine.formats.c3d.parameters import BLOCK, Entry, text_of
from hipspine.formats.c3d.person import Prefixes, prefixes_of, what_of_a_person
from hipspine.formats.source import BLOCK_BYTES, Source

_FOUND_ELSEWHERE = ("name", "code", "contact", "technician", "hospital", "birth date", "recording date")
_COMMON = (
    "subject subjects patient participant person male female left right general none unknown test trial normal static dynamic walk "
    "walking gait marker markers model plugingait yes no date time name"
)
_SHORTEST, _SHORTEST_WORD, _ANYWHERE = 3, 4, 5  # letters of a name that is looked for; from 5 on also inside other words
_PATH = re.compile(rb"[A-Za-z]:[\\/]|\\\\[A-Za-z]|/(?:home|Users|mnt|media|data)/|\.(?:c3d|vsk|vst|mkr|x1d|x2d|enf|trb|qtm|vpg)\b", re.I)
_DATE = re.compile(rb"(?<!\d)(?:(?:19|20)\d\d([-./_ ])[01]?\d\1[0-3]?\d|[0-3]?\d([-./])[0-3]?\d\2(?:19|20)?\d\d)(?!\d)")
_STANDARD = ("POINT", "ANALOG", "FORCE_PLATFORM", "TRIAL", "EVENT", "EVENT_CONTEXT", "MANUFACTURER", "HIPSPINE", "ROTATION")
_LABELS = re.compile(r"LABELS|ANGLES|FORCES|MOMENTS|POWERS|SCALARS|MODELED_MARKERS|DESCRIPTIONS")


@dataclass(slots=True)
class _Work:
    """The bytes up to the first sample, on their way to be nobody's."""

    content: C3dContent
    head: bytearray
    names: re.Pattern[bytes] | None
    subjects: Prefixes
    removed: dict[str, None] = field(default_factory=dict)  # sentences, each once, in the order of the file

    def overwrite(self, start: int, stop: int, filler: bytes, sentence: str) -> None:
        """Fill these bytes; said only where something stood there."""
        stop = min(stop, len(self.head))
        part = bytes(self.head[start:stop])
        if part.strip(b"\0 "):
            self.head[start:stop] = filler * (stop - start)
            self.removed[sentence] = None

    def hide(self, start: int, stop: int, sentence: str, pattern: re.Pattern[bytes] | None = None) -> None:
        """Overwrite names (or another pattern) within these bytes."""
        pattern = pattern or self.names
        if pattern is None:
            return
        part = bytes(self.head[start:stop])
        hidden = pattern.sub(_crossed_out, part)
        if hidden != part:
            self.head[start:stop] = hidden
            self.removed[sentence] = None


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its person; what was removed, in sentences that do not repeat it.

    Raises:
        FormatError: the file cannot be read as C3D; where a person may stand in it is not known then.
    """
    content = parse(source)
    start = content.sizes.start
    labels = [*content.texts("POINT", "LABELS"), *content.texts("ANALOG", "LABELS")]
    subjects = prefixes_of(content.parameters, content.texts("POINT", "LABELS"))
    work = _Work(content, bytearray(source.read(0, start)), _pattern(_names(content, subjects, labels)), subjects)
    for entry in content.section.entries:
        _group(work, entry) if not entry.title else _parameter(work, entry)
    _header(work)
    _gaps(work)
    out.write(work.head)
    end = start + content.sizes.frames * content.sizes.layout.words * content.sizes.width
    _copy(source, start, end, out)
    _tail(source, end, content, out, work)
    return tuple(work.removed)


# ---------------------------------------------------------------------------------------------------------------- names


def _names(content: C3dContent, subjects: Prefixes, labels: list[str]) -> list[str]:
    """What the file says of its person, to be looked for elsewhere."""
    found: list[str] = [subject for subject, _ in map(subjects.split, labels) if subject]
    for group, titles in content.parameters.items():
        for title, value in titles.items():
            if isinstance(value, list) and what_of_a_person(group, title, is_text=True) in _FOUND_ELSEWHERE:
                found.extend(value)
    details = content.parameters.get("SUBJECTS", {}).get("DETAILS", [])
    found.extend(line.partition(":")[2].strip() for line in details if isinstance(line, str))
    return [text for text in dict.fromkeys(found) if text.strip()]


def _pattern(names: list[str]) -> re.Pattern[bytes] | None:
    """Finds these names and their longer words, in any case and encoding; short ones only where no letter stands around them."""
    words: dict[str, bool] = {}  # to be found inside other words
    for name in names:
        if len(name) >= _SHORTEST and name.lower() not in _COMMON.split() and not name.isspace():
            words[name] = len(name) >= _ANYWHERE
        for word in re.split(r"[\W_]+", name):
            if len(word) >= _SHORTEST_WORD and word.lower() not in _COMMON.split() and word not in words:
                words[word] = len(word) > _ANYWHERE
    parts = [
        re.escape(raw) if inside else rb"(?<![A-Za-z])" + re.escape(raw) + rb"(?![a-z])"
        for word, inside in sorted(words.items(), key=lambda item: -len(item[0]))
        for raw in _encodings(word)
    ]
    return re.compile(b"|".join(parts)) if parts else None


def _encodings(word: str) -> list[bytes]:
    forms = {word, word.upper(), word.lower(), word.title(), word.capitalize()}
    raw: dict[bytes, None] = {}
    for form in sorted(forms):
        for encoding in ("utf-8", "cp1252", "cp850", "utf-16-le", "utf-16-be"):
            raw[form.encode(encoding, errors="replace")] = None
    return [one for one in raw if b"?" not in one or "?" in word]


def _crossed_out(match: re.Match[bytes]) -> bytes:
    return b"x" * len(match[0])


# ----------------------------------------------------------------------------------------------------- groups and parameters


def _group(work: _Work, entry: Entry) -> None:
    where = f"the description of group {_titled(work, entry.group)}"
    if what_of_a_person(entry.group, "ANY", is_text=True):
        work.overwrite(*entry.description, b" ", f"{where} was emptied")
    _free_text(work, *entry.description, where)
    _title(work, entry)


def _parameter(work: _Work, entry: Entry) -> None:
    where = f"{_titled(work, entry.group)}:{_titled(work, entry.title)}"
    start, stop = entry.start, entry.start + entry.size
    if what_of_a_person(entry.group, entry.title, is_text=entry.kind == -1):
        work.overwrite(start, stop, b" " if entry.kind == -1 else b"\0", f"{where} was emptied")
        work.overwrite(*entry.description, b" ", f"the description of {where} was emptied")
    elif entry.kind == -1:
        _cells(work, entry, where)
        _free_text(work, start, stop, where)
    elif entry.kind == 1:
        work.hide(start, stop, f"names in {where} were overwritten")
    _free_text(work, *entry.description, f"the description of {where}")
    work.overwrite(entry.description[1], max(entry.end, entry.description[1]), b"\0", f"bytes behind {where} were overwritten")
    _title(work, entry)


def _cells(work: _Work, entry: Entry, where: str) -> None:
    """Texts of fixed width: the subject in front of a label goes, and so does what stands behind the end of a text, or a path."""
    width = entry.shape[0] if entry.shape else 1
    is_label = entry.group in ("POINT", "ANALOG") and _LABELS.search(entry.title)
    for start in range(entry.start, entry.start + entry.size, max(width, 1)):
        raw = bytes(work.head[start : start + width])
        end = raw.find(b"\0")
        if end >= 0:
            work.overwrite(start + end, start + width, b"\0", f"bytes behind the texts of {where} were overwritten")
        label = text_of(raw)
        if is_label and work.subjects.split(label)[0] and (entry.group == "POINT" or _is_known(work.subjects, label)):
            new = work.subjects.shown(label, "s{}:{}").encode("utf-8")[: len(raw)].ljust(len(raw))
            work.head[start : start + len(raw)] = new
            work.removed[f"the subject in front of labels in {where} was overwritten"] = None
        elif entry.group != "MANUFACTURER" and _PATH.search(raw):
            work.overwrite(start, start + width, b" ", f"a path or file name in {where} was overwritten")


def _is_known(subjects: Prefixes, label: str) -> bool:
    return any(label.casefold().startswith(known.casefold()) for known in subjects.known)


def _free_text(work: _Work, start: int, stop: int, where: str) -> None:
    work.hide(start, stop, f"names in {where} were overwritten")
    if "MANUFACTURER" not in where:  # versions look like dates
        work.hide(start, stop, f"dates in {where} were overwritten", _DATE)


def _title(work: _Work, entry: Entry) -> None:
    """A name in the title of a group or parameter of nobody's standard."""
    if entry.group in _STANDARD and not entry.title:
        return
    raw = (entry.title or entry.group).encode("cp1252", errors="replace")
    before = entry.start - 2 - (2 + len(entry.shape) if entry.title else 0) - len(raw)
    stop = before + len(raw)
    if before > 0 and bytes(work.head[before:stop]).upper() == raw.upper():
        work.hide(before, stop, "a name in the title of a group or parameter was overwritten")


def _titled(work: _Work, title: str) -> str:
    """A title that may be shown: without the names that it may hold."""
    if work.names is None:
        return title
    return work.names.sub(_crossed_out, title.encode("utf-8", errors="replace")).decode("utf-8", errors="replace")


# ------------------------------------------------------------------------------------------ header, gaps, and behind the end


def _header(work: _Work) -> None:
    """Words 13-149 and 235-256 are reserved and may hold anything; events stay, as many as there are."""
    sentence = "unused bytes of the header were overwritten"
    words = work.content.numbers.integers(bytes(work.head[:BLOCK]), signed=False)
    events = int(words[150]) if int(words[149]) == 12345 and 0 < int(words[150]) <= 18 else 0
    work.overwrite(24, 298, b"\0", sentence)
    if not events:
        work.overwrite(298, BLOCK, b"\0", sentence)
        return
    for start, stop in ((302, 304), (304 + 4 * events, 376), (394, 396), (396 + 4 * events, BLOCK)):
        work.overwrite(start, stop, b"\0", sentence)
    work.hide(396, 396 + 4 * events, "names in the events of the header were overwritten")


def _gaps(work: _Work) -> None:
    """Between header and parameters, and between the last parameter and the first sample."""
    section = min((entry.start for entry in work.content.section.entries), default=BLOCK)
    first = max(BLOCK, section // BLOCK * BLOCK)
    work.overwrite(BLOCK, first, b"\0", "bytes between header and parameters were overwritten")
    end = work.content.section.end
    work.overwrite(end, len(work.head), b"\0", "bytes behind the last parameter were overwritten")


def _copy(source: Source, start: int, stop: int, out: BinaryIO, change: Callable[[bytes], bytes] = bytes) -> None:
    for at in range(start, stop, BLOCK_BYTES):
        out.write(change(source.read(at, min(BLOCK_BYTES, stop - at))))


def _tail(source: Source, end: int, content: C3dContent, out: BinaryIO, work: _Work) -> None:
    """Behind the last frame: rotations stay; anything else is a rest that no header counts."""
    rotation = content.parameters.get("ROTATION", {})
    if "DATA_START" in rotation and np.any(rotation.get("USED", 1)):
        _copy(source, end, source.size, out)
        return
    seen = False

    def emptied(part: bytes) -> bytes:
        nonlocal seen
        seen = seen or bool(part.strip(b"\0"))
        return b"\0" * len(part)

    _copy(source, end, source.size, out, emptied)
    if seen:
        work.removed["bytes behind the last frame were overwritten"] = None
