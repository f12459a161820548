"""Lines that people read in a terminal: paragraphs, lists and columns within 80 characters."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 80
TIE = "\N{NO-BREAK SPACE}"  # between words that stay on one line
_VALUE = re.compile(r"\d[\d.]*(?: (?:ms|s|dB|Hz|deg)\b| %)?(?: ± [\d.]+)?(?: \[[^\]]{1,24}\])?")


def wrapped(text: str, *, indent: str = "", first: str | None = None) -> str:
    """A paragraph within the width; following lines are indented, and a value stays together with its unit and interval.

    >>> print(wrapped(f"{'word ' * 14}late by 85 ms [60, 110] against them"))
    word word word word word word word word word word word word word word late by
    85 ms [60, 110] against them
    """
    before = indent if first is None else first
    kept = _VALUE.sub(lambda found: found.group().replace(" ", TIE), text)
    return textwrap.fill(kept, WIDTH, initial_indent=before, subsequent_indent=indent, break_on_hyphens=False).replace(TIE, " ")


def bullets(sentences: Iterable[str]) -> list[str]:
    """Sentences as a list."""
    return [wrapped(sentence, indent="    ", first="  - ") for sentence in sentences]


def heading(title: str) -> list[str]:
    """An empty line, a title, and a rule under it."""
    return ["", title, "-" * len(title)]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    r"""Columns under a header; a column that makes the line too long wraps, and so do the labels of long files.

    >>> print("\n".join(table(["label", "status"], [["GMAX_L", "ok"], ["ES", "refused"]])))
      label   status
      GMAX_L  ok
      ES      refused
    """
    wide = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    while (over := 2 + sum(wide) + 2 * (len(wide) - 1) - WIDTH) > 0:
        widest = max(range(len(wide)), key=wide.__getitem__)
        wide[widest] = max(8, wide[widest] - over)
        if max(wide) <= 8:
            break
    return [line for row in [header, *rows] for line in _row(row, wide)]


def _row(cells: Sequence[str], wide: Sequence[int]) -> list[str]:
    """One row on as many lines as its longest cell needs."""
    columns = [textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, wide, strict=True)]
    height = max(map(len, columns))
    lines = zip(*([*column, *[""] * (height - len(column))] for column in columns), strict=True)
    return [
        ("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, wide, strict=True))).rstrip().replace(TIE, " ") for line in lines
    ]
