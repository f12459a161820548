"""Which lines of a text header point at a person, in six languages: by their key, or by a date or clock time as their value."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

from hipspine.anatomy.lexicon import words_of
from hipspine.anatomy.names import resolve

OWN = "person "  # begins the key of what hipspine wrote of a person
_BESIDE_KEYS = frozenset(("first", "last", "given", "family", "middle", "of", "de", "di", "da", "do", "famille"))
_PAIR = re.compile(r"^\s*((?:[^:=]|(?<=\d):(?=\d)){1,60}?)\s*(?::=|(?<!\d):|:(?!\d)|=)\s*(.*)$", re.DOTALL)

_DAY = re.compile(
    r"\b\d{4}[-/.]\d\d?[-/.]\d\d?\b|\b\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)\b|\b(?:19|20)\d{6}\b|\b\d\d?:\d\d(?::\d\d)?\b"
    r"|\b\d\d?[.\s-]+[^\W\d]{3,10}[.\s,-]+\d{4}\b|\b[^\W\d]{3,10}\s+\d\d?,?\s+\d{4}\b"
)


@dataclass(frozen=True)
class _HeaderWords:
    person: frozenset[str]
    stems: frozenset[str]
    unless_technical: frozenset[str]
    technical: frozenset[str]


@cache
def _header_words() -> _HeaderWords:
    """The table ``data/header_words.toml``; read once."""
    table = tomllib.loads(resources.files("hipspine.formats").joinpath("data/header_words.toml").read_text(encoding="utf-8"))
    groups = {name: frozenset(word for words in lists.values() for word in words) for name, lists in table.items()}
    return _HeaderWords(**groups)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a header and its value."""

    key: str
    value: str
    personal: bool
    at: int  # letter of the line where the value begins
    end: int  # letter after it


def pair_of(text: str) -> tuple[str, str, int] | None:
    """Key, value and place of the value in ``key: value``, ``key = value`` or ``key := value``."""
    match = _PAIR.match(text)
    return (match[1].strip(), match[2].strip(), match.start(2)) if match and not _DAY.search(match[1]) else None


def is_personal(key: str, value: str = "") -> bool:
    """Whether this entry of a header points at a person.

    >>> [is_personal(key) for key in ("Geburtsdatum", "First name", "Name", "Device name", "Sampling rate")]
    [True, True, True, False, False]
    >>> is_personal("Recorded", "12.03.2024 10:15"), is_personal("Start time", "0.000")
    (True, False)
    """
    words = set(words_of(key)) | {re.sub(r"[^a-z]", "", key.lower())}
    technical = bool(words & _header_words().technical)
    if words & _header_words().person or key.lower().startswith(OWN) or words_of(key) == ["data"]:
        return True
    if any(word.startswith(tuple(_header_words().stems)) for word in words):
        return True
    if words & {"data"} and words & {"di", "da", "de", "del", "della"}:
        return True
    if not technical and words & (_header_words().unless_technical):
        return True
    return bool(_DAY.search(value)) and not (words & {"event", "streams"})


def is_technical(key: str) -> bool:
    """Whether a key speaks of the device and its settings, and of nobody."""
    words = set(words_of(key))
    return bool(words & _header_words().technical) and not is_personal(key)


def stand_below(keys: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a line gives the values to the line of keys above it: two keys of a header side by side, one of them of a person.

    >>> stand_below(["Last name", "First name"], ["Muster", "Max"]), stand_below(["Last name", "Muster"], ["First name", "Max"])
    (True, False)
    """
    if (
        len(keys) != len(cells)
        or not cells
        or (_heads(cells[0]) and set(words_of(cells[0])) & (_header_words().person | {"last", "first"}))
    ):
        return False
    return any(_heads(one) and _heads(other) and (is_personal(one) or is_personal(other)) for one, other in pairwise(keys))


def _heads(cell: str) -> bool:
    """Whether a cell is the key of an entry and nothing else: every word of it is known as one ("First name", not "Subject Muster")."""
    table = _header_words()
    known = table.person | table.unless_technical | table.technical | _BESIDE_KEYS
    return bool(cell) and not re.search(r"\d", cell) and pair_of(cell) is None and set(words_of(cell)) <= known


def entries_of(cells: Sequence[str], text: str, keys: Sequence[str] = ()) -> Iterator[Entry]:
    """The entries in one line of a header block: ``Name;Muster``, ``Name: Muster``, ``Name;Muster;Geburtsdatum;1.1.1980``.

    Args:
        cells: of the line.
        text: the line as it is written, in which the places are counted.
        keys: the cells of the line above, where its keys stand there (see `stand_below`).
    """
    place, i = 0, 0
    if keys:
        for key, cell in zip(keys, cells, strict=True):
            at = text.find(cell, place)
            place = max(place, at + len(cell))
            if cell:
                yield Entry(key.rstrip(": "), cell, is_personal(key, cell), max(at, 0), len(text) if at < 0 else place)
        return
    while i < len(cells):
        place = max(text.find(cells[i], place), place) if cells[i] else place
        pair = pair_of(cells[i]) if cells[i] else None
        if pair and pair[1] and not _DAY.fullmatch(cells[i]):
            yield Entry(pair[0], pair[1], is_personal(pair[0], pair[1]), place + pair[2], place + len(cells[i]))
            place, i = place + len(cells[i]), i + 1
            continue
        key = cells[i].rstrip(": ")
        i, place = i + 1, place + len(cells[i])
        values: list[str] = []
        at, lost = -1, False
        while key and i < len(cells) and not (values and _is_key(cells[i])):
            found = text.find(cells[i], place) if cells[i] else place
            lost |= found < 0
            place, at = max(place, found + len(cells[i])), found if at < 0 and cells[i] else at
            values.append(cells[i])
            i += 1
        value = ", ".join(value for value in values if value)
        if value:
            yield Entry(key, value, is_personal(key, value), 0 if lost else at, len(text) if lost else place)


def _is_key(cell: str) -> bool:
    return bool(cell) and (cell.endswith(":") or is_personal(cell.rstrip(": ")))


def tokens_of(value: str) -> set[str]:
    """What of a value of a person may stand elsewhere in the file too: its words, numbers with letters, days.

    >>> sorted(tokens_of("Muster, Max (P-0421)"))
    ['Max', 'Muster', 'P-0421']
    """
    days = {match[0] for match in _DAY.finditer(value)}
    rest = _DAY.sub(" ", value)
    words = {word.strip("-_.") for word in re.findall(r"[^\W_][^\s,;:()\[\]\"/\\]{2,}", rest)}
    kept = {
        word
        for word in words
        if re.search(r"[^\W\d_]", word) and len(word) > 2 and not set(words_of(word)) & (_header_words().technical | _header_words().person)
    }
    return kept | {day for day in days if len(day) >= 6}


def is_title_row(cells: Sequence[str]) -> bool:
    """Whether a line of several cells has titles of sensors and not entries: one per sensor, or a muscle among them."""
    filled = [cell for cell in cells if cell]
    first = bool(filled) and is_personal(filled[0].rstrip(": "))
    return len(filled) > 1 and len(cells) > 2 and not first and any(map(_names_muscle, filled))


def is_free_text(cells: Sequence[str], text: str) -> bool:
    """Whether a line without keys may hold anything, such as the name of a recording, and nothing of the device in it."""
    filled = [cell for cell in cells if cell]
    if len(filled) != 1 or pair_of(filled[0]):
        return False
    if len(cells) > 1 and is_personal(filled[0]) and len(words_of(filled[0])) < 4:
        return False  # a key without a value
    words = set(words_of(text))
    technical = words & (_header_words().technical | {"ascii", "msec", "usec", "sec"})
    return (not technical or bool(_DAY.search(text))) and bool(re.search(r"[^\W\d]", text)) and not _names_muscle(filled[0])


def _names_muscle(cell: str) -> bool:
    return len(cell) < 80 and resolve(cell).muscle is not None
