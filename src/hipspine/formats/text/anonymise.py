"""The same text file without its person: header values taken out, the numbers copied as they are.

Names, codes and days that the header gives are also looked for in the other lines; days and clock times in the rows become times from
the first row on.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import BinaryIO

from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.anatomy.names import resolve
from hipspine.formats.column_names import is_time, is_unit, split_unit
from hipspine.formats.source import Source
from hipspine.formats.text.cells import COMMENT, is_number, stamp_of
from hipspine.formats.text.layout import Layout, layout_of
from hipspine.formats.text.lines import Line, blocks_of_lines
from hipspine.formats.text.person import entries_of, is_free_text, is_personal, is_technical, is_title_row, pair_of, stand_below, tokens_of

_OURS = ("event", "streams", "rate_hz")
_JSON_KEYS = ("date", "time", "comments", "keywords", "subject", "patient", "name")
_EPOCH = (
    (Decimal(10) ** 17, Decimal("1e-9")),
    (Decimal(10) ** 14, Decimal("1e-6")),
    (Decimal(10) ** 11, Decimal("1e-3")),
    (Decimal("6e8"), Decimal(1)),
)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its person; what was removed, by the names of the fields.

    In doubt a value goes: words behind a key that is not known to be of a device are taken out too.

    Raises:
        FormatError: no table of numbers in the file.
    """
    layout = layout_of(source)
    said: dict[str, None] = {}
    tokens: set[str] = set()
    ours = any(_is_statement(line.text) for line in layout.header)
    rows = [layout.style.cells(line.text) for line in layout.header if _is_row(line, layout)]
    above, below = iter(((), *rows)), iter((*rows[1:], ()))
    lines: list[tuple[Line, str]] = []
    for line in layout.header:
        beside = (next(above), next(below)) if _is_row(line, layout) else ((), ())
        lines.append((line, _without_values(line, layout, said, tokens, beside=beside, ours=ours)))
    scrub = _scrubber(tokens)
    safe = _scrubber({token for token in tokens if _means_nothing_else(token)})
    out.write(source.read(0, layout.encoding.mark))
    for line, text in lines:
        raw = source.read(line.start, line.end - line.start)
        cleaned = (safe if line.number in layout.named or _is_statement(text) or is_title_row(layout.style.cells(text)) else scrub)(text)
        if cleaned != text:
            said["names or days of the header in other lines"] = None
        end = layout.encoding.text(raw)[len(line.text) :]
        out.write(raw if cleaned == line.text else layout.encoding.data(cleaned + end))
    _rows(source, layout, out, safe, said)
    return tuple(said)


# ------------------------------------------------------------------------------------------------------------------ header


def _is_row(line: Line, layout: Layout) -> bool:
    return line.number not in layout.named and bool(line.text.strip()) and not line.text.strip().startswith(COMMENT)


def _without_values(
    line: Line, layout: Layout, said: dict[str, None], tokens: set[str], *, beside: tuple[Sequence[str], Sequence[str]], ours: bool
) -> str:
    """The line with the values that point at a person taken out; what they are goes into the tokens.

    Args:
        beside: the cells of the header's rows above and below.
    """
    text = line.text
    if line.number in layout.named or not text.strip():
        return text
    if text.strip().startswith(COMMENT):
        return _comment(text, line.number, said, tokens, ours=ours)
    cells = layout.style.cells(text)
    keys = beside[0] if stand_below(beside[0], cells) else ()
    if not keys and (is_title_row(cells) or stand_below(cells, beside[1])):
        return text
    if not keys and is_free_text(cells, text):
        said[f"the text in line {line.number}"] = None
        tokens |= tokens_of(text)
        return ""
    found = [entry for entry in entries_of(cells, text, keys) if _goes(entry.key, entry.value, ours=ours)]
    for entry in reversed(found):
        said[f"the value of {_shown(entry.key)} in line {line.number}"] = None
        tokens |= tokens_of(entry.value)
        text = text[: entry.at] + text[entry.end :]
    return text


def _comment(text: str, number: int, said: dict[str, None], tokens: set[str], *, ours: bool) -> str:
    content = text.strip().lstrip("#%/").strip()
    at = text.index(content) if content else len(text)
    if content.startswith("{"):
        return text[:at] + _json(content, number, said, tokens)
    pair = pair_of(content)
    if pair and pair[0] not in _OURS and pair[1] and _goes(pair[0], pair[1], ours=ours):
        said[f"the value of {_shown(pair[0])} in line {number}"] = None
        tokens |= tokens_of(pair[1])
        return text[: at + pair[2]].rstrip()
    if pair is None and is_free_text([content], content):
        said[f"the text in line {number}"] = None
        tokens |= tokens_of(content)
        return text[:at].rstrip()
    return text


def _goes(key: str, value: str, *, ours: bool) -> bool:
    """Whether a value is taken out: what points at a person, and words behind a key of which nobody here knows what it means.

    A file that hipspine wrote says itself what is of a person.
    """
    if is_personal(key, value):
        return True
    unknown = not ours and not is_technical(key) and bool(re.search(r"[^\W\d]", value))
    return unknown and resolve(value[:80]).muscle is None


def _json(content: str, number: int, said: dict[str, None], tokens: set[str]) -> str:
    """The JSON line of OpenSignals without day, time and remarks; one that cannot be read is taken out as a whole."""
    try:
        devices = json.loads(content)
        _empty(devices, number, said, tokens)
        return json.dumps(devices, ensure_ascii=False)
    except (ValueError, RecursionError):
        said[f"line {number}, which is damaged"] = None
        return ""


def _empty(node: object, number: int, said: dict[str, None], tokens: set[str]) -> None:
    """Take the texts of people out of this part of the JSON line."""
    if isinstance(node, list):
        for each in node:
            _empty(each, number, said, tokens)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and value and (key.lower() in _JSON_KEYS or is_personal(key)):
                said[f"the value of {_shown(key)} in line {number}"] = None
                tokens |= tokens_of(value)
                node[key] = ""
            else:
                _empty(value, number, said, tokens)


def _shown(key: str) -> str:
    return repr(key[:40])


def _is_statement(text: str) -> bool:
    return text.lstrip("# ").startswith("streams:")


def _means_nothing_else(token: str) -> bool:
    """Whether a word can be taken out of titles and rows without changing what these mean: no muscle, side, unit or number."""
    name = resolve(token)
    known = {word for words in lexicon().words.values() for word in words} | set(lexicon().sides)
    return (
        len(token) > 3
        and name.muscle is None
        and not name.candidates
        and not set(words_of(token)) & known
        and not is_unit(token)
        and not is_number(token)
    )


def _scrubber(tokens: Iterable[str]) -> Callable[[str], str]:
    """Replaces these words wherever they stand alone."""
    listed = sorted(tokens, key=len, reverse=True)[:500]
    if not listed:
        return lambda text: text
    pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, listed)) + r")(?![^\W_])", re.IGNORECASE)
    return lambda text: pattern.sub(lambda match: "x" * len(match[0]), text)


# -------------------------------------------------------------------------------------------------------------------- rows


def _rows(source: Source, layout: Layout, out: BinaryIO, scrub: Callable[[str], str], said: dict[str, None]) -> None:
    """The rows, block by block: as they are, but for words of the person, days, clock times and remarks among them."""
    clocks = _Clocks(layout)
    for start, count, plain in blocks_of_lines(source, layout.encoding, layout.start):
        raw = source.read(start, count)
        comments = any(b"\n" + mark.encode() in plain or plain.startswith(mark.encode()) for mark in COMMENT)
        text = layout.encoding.text(raw)
        cleaned = scrub(text)
        if cleaned != text:
            said["names or codes of the header in the rows"] = None
        rewritten = clocks.any(plain)
        if comments or rewritten:
            parts = re.split(r"(\r\r\n|\r\n|\n|\r)", cleaned)
            cleaned = "".join(part if k % 2 else _row(part, clocks if rewritten else None, said) for k, part in enumerate(parts))
        out.write(raw if cleaned == text else layout.encoding.data(cleaned))


def _row(line: str, clocks: "_Clocks | None", said: dict[str, None]) -> str:
    if line.strip().startswith(COMMENT):
        content = line.strip().lstrip("#%/").strip()
        pair = pair_of(content)
        if (pair and is_personal(pair[0], pair[1])) or is_free_text([content], content):
            said["remarks among the rows"] = None
            return line[: line.index(content)].rstrip()
        return line
    return clocks.without(line, said) if clocks else line


class _Clocks:
    """Rewrites the columns that tell when somebody was recorded."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.first: dict[int, Decimal] = {}
        self.times = [k for k, name in enumerate(layout.names) if k not in layout.stamps and is_time(*split_unit(name))]
        self.asked: bool | None = None

    def any(self, block: bytes) -> bool:
        """Whether rows have to be rewritten; the first row decides."""
        if self.asked is None:
            line = block.split(b"\n", 1)[0].decode("utf-8", errors="replace")
            cells = self.layout.style.cells(line)
            self.times = [k for k in self.times if k < len(cells) and _unit(cells[k]) is not None]
            self.asked = bool(
                self.times or self.layout.dates or any(_tells_the_day(cells[k]) for k in self.layout.stamps if k < len(cells))
            )
        return self.asked

    def without(self, line: str, said: dict[str, None]) -> str:
        cells = self.layout.style.cells(line)
        place = 0
        for k, cell in enumerate(cells):
            at = line.find(cell, place) if cell else place
            new = self._cell(k, cell) if cell and at >= 0 else None
            if new is not None:
                said["days and clock times in the rows, which now count from the first"] = None
                line = line[:at] + new + line[at + len(cell) :]
                place = at + len(new)
            else:
                place = max(at, place) + len(cell) if at >= 0 else place
        return line

    def _cell(self, k: int, cell: str) -> str | None:
        if k in self.layout.dates:
            return ""
        if k in self.layout.stamps:
            stamp = stamp_of(cell)
            if stamp is None:
                return ""
            seconds = Decimal(repr(round(stamp[1], 9))) + 86400 * stamp[0]
            since = seconds - self.first.setdefault(k, seconds)
            since = since + 86400 if since < -43200 else since
            return f"{int(since // 3600):02d}:{int(since % 3600 // 60):02d}:{since % 60:09.6f}"
        if k in self.times:
            unit = _unit(cell)
            if unit is None:
                return None
            number = Decimal(cell.replace(",", "."))
            shown = format((number - self.first.setdefault(k, number)) * unit, "f")
            return shown.replace(".", ",") if self.layout.style.comma else shown
        return None


def _tells_the_day(cell: str) -> bool:
    stamp = stamp_of(cell)
    return stamp is not None and (stamp[0] > 0 or stamp[1] >= 3600)


def _unit(cell: str) -> Decimal | None:
    """Seconds per unit of a time since 1970; None for any other number."""
    try:
        number = Decimal(cell.replace(",", "."))
    except InvalidOperation:
        return None
    return next((unit for least, unit in _EPOCH if number.is_finite() and number >= least), None)
