"""Answers as lines that people read: numbers with their interval and unit, columns that fit 80 characters."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 80
_DECIMALS = {"ms": 0, "%": 0, "mm": 0, "deg": 1, "s": 3, "Hz": 0, "dB": 0, "ratio": 2, "1": 2}


def number(value: float, unit: str) -> str:
    """A number rounded as its unit deserves, with a true minus sign.

    >>> number(-11.52, "ms"), number(0.7261, "ratio"), number(-0.2, "ms")
    ('−12', '0.73', '0')
    """
    text = f"{value:.{_DECIMALS.get(unit, 2)}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return text.replace("-", "−")


def measured(value: float | str | None, low: float | None, high: float | None, unit: str) -> str:
    """Value, unit and interval in thin form; a dash where there is no value.

    >>> measured(85.2, 60.1, 109.8, "ms"), measured(None, None, None, "ms"), measured(1.2, None, 1.3, "s")
    ('85 ms [60, 110]', '–', '1.200 s [open, 1.300]')
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value.replace("_", " ")
    shown = number(value, unit) if unit in ("1", "ratio", "") else f"{number(value, unit)} {unit}"
    if low is None and high is None:
        return shown
    ends = ("open" if end is None else number(end, unit) for end in (low, high))
    return f"{shown} [{', '.join(ends)}]"


def muscle(name: str | None) -> str:
    """A canonical muscle name as words.

    >>> muscle("gluteus_maximus"), muscle(None)
    ('gluteus maximus', 'muscle not named')
    """
    return name.replace("_", " ") if name else "muscle not named"


def wrapped(text: str, *, indent: str = "", first: str | None = None) -> str:
    """A paragraph within the width; following lines are indented."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def bullets(sentences: Iterable[str]) -> list[str]:
    """Sentences as a list."""
    return [wrapped(sentence, indent="    ", first="  - ") for sentence in sentences]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "  ") -> list[str]:
    r"""Columns under a header; the last column wraps when the line would pass the width.

    >>> print("\n".join(table(["label", "status"], [["GMAX_L", "ok"], ["ES", "refused"]])))
      label   status
      GMAX_L  ok
      ES      refused
    """
    wide = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    start = len(indent) + sum(wide[:-1]) + 2 * (len(wide) - 1)
    lines = []
    for row in [header, *rows]:
        front = indent + "".join(f"{cell:<{width}}  " for cell, width in zip(row[:-1], wide[:-1], strict=True))
        room = max(20, WIDTH - start)
        last = textwrap.wrap(row[-1], room, break_on_hyphens=False) or [""]
        lines.append((front + last[0]).rstrip())
        lines += [" " * start + more for more in last[1:]]
    return lines


def heading(title: str) -> list[str]:
    """An empty line, a title, and a rule under it."""
    return ["", title, "-" * len(title)]


def of_recording(recording: Mapping[str, Any]) -> list[str]:
    """Which recording an answer is about, from its `identity`."""
    lines = [f"{recording['name']}  ({recording['format']}, {number(recording['duration_s'], 'deg')} s)"]
    if recording["simulated"]:
        lines.append("SIMULATED: these numbers come from a program, not from a person.")
    return [wrapped(line) for line in lines]


def of_warnings(warnings: Sequence[str]) -> list[str]:
    """What a reader must know before trusting the numbers."""
    return [*heading("Please note"), *bullets(warnings)] if warnings else []
