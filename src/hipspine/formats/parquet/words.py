"""Columns of words and of marks in a table: moments, facts about the recording, and what is said of people."""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.clock import Clock
from hipspine.formats.events import canonical_event
from hipspine.formats.parquet.notes import is_of_a_person, is_remark
from hipspine.formats.parquet.table import Table
from hipspine.signals.recording import Event

_MOST = 20_000  # moments that a column may mark; more are no events
_BLOCK = 1 << 18


def edges(table: Table, place: int, label: str, clock: Clock) -> Iterator[Event]:
    """The rising edges of a column of numbers that marks moments."""
    before = False
    for start in range(0, table.rows, _BLOCK):
        level = np.nan_to_num(table.numbers([place], start, min(table.rows, start + _BLOCK))[0]) != 0
        rises = np.flatnonzero(level & ~np.concatenate([[before], level[:-1]]))
        before = bool(level[-1])
        event, side = canonical_event(label)
        yield from (Event(event, time_s, side) for time_s in _times(clock, rises + start))


def moments_of_words(
    table: Table, place: int, label: str, clock: Clock, about: dict[str, str], person: dict[str, str], warnings: list[str]
) -> list[Event]:
    """Events of a column of words: each row at which a new word begins, be it after empty cells or another word.

    A column that says the same in every row is a fact about the recording, or about the person; it goes to ``about`` or ``person``.
    """
    turns, filled, total = _turns(table, place)
    words = list(dict.fromkeys(word for _, word in turns))
    if not turns:
        return []
    if is_of_a_person(label):
        person[label] = ", ".join(words[:5])
        return []
    if len(words) == 1 and filled == total:
        (person if is_remark(label) else about).setdefault(label, words[0])
        return []
    if len(turns) > _MOST:
        warnings.append(f"column {label[:40]!r} holds other words in nearly every row: no moments could be read from it")
        return []
    if all(map(_is_number, words[:50])):
        raise FormatError(f"{label[:60]!r} holds numbers written as words ({words[0][:20]!r}); write the column as numbers.")
    if filled == total:
        warnings.append(f"the words of {label[:40]!r} were read as {len(turns)} events, one where they change")
    times = _times(clock, np.array([row for row, _ in turns]))
    named = [canonical_event(word) for _, word in turns]
    return [Event(name, time_s, side) for (name, side), time_s in zip(named, times, strict=False)]


def _turns(table: Table, place: int) -> tuple[list[tuple[int, str]], int, int]:
    """Rows at which a new word begins, how many cells are filled, and how many there are."""
    turns: list[tuple[int, str]] = []
    filled, last = 0, ""
    for start, cells in table.words(place):
        words = ["" if cell is None else str(cell).strip() for cell in cells.tolist()]
        filled += sum(map(bool, words))
        for row, (before, word) in enumerate(zip(chain([last], words), words, strict=False), start):
            if word and word != before and len(turns) <= _MOST:
                turns.append((row, word))
        last = words[-1] if words else last
        if len(turns) > _MOST:
            break
    return turns, filled, table.rows


def _times(clock: Clock, rows: NDArray[np.intp]) -> list[float]:
    rows = rows[rows < (clock.samples if clock.places is None else clock.places.size)]
    places = rows if clock.places is None else clock.places[rows]
    return [float(time_s) for time_s in clock.start_s + places / clock.rate_hz]


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", "."))
    except ValueError:
        return False
    return True
