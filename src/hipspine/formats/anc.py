"""ANC (analog row column): counts of an analog-digital converter as Motion Analysis writes them beside its markers.

A row of names, one of rates and one of ranges stand above the samples. A range is in millivolts: a bipolar converter of B bits counts from
-2^(B-1) to 2^(B-1) over -range to +range, so one count is 2 x range / 2^B; a unipolar one counts 2^B over 0 to range.
Judged by a trial that exists both as ANC and as C3D. Channels of force plates stay in volts: their calibration is in another file.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.motion.clock import Timing, samples_of, timing_of
from hipspine.formats.motion.head import Head, cells_of, copy, head_of, head_text, is_row, plain, whole
from hipspine.formats.motion.table import Table, layout_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Samples
from hipspine.terms import Floats

NAME = "ANC"
_KEY = re.compile(r"(File_Type|Generation#|Board_Type|Polarity|Trial_Name|Trial#|Duration\(Sec\.?\)|#Channels|BitDepth|PreciseRate)\s*:",
                  re.IGNORECASE)  # fmt: skip
_OF_PEOPLE = ("trial_name", "trial#")
_AGREEING = 1e-3  # largest difference of the header's precise rate and that of the rounded times


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are the header of an ANC file."""
    del suffix
    text = head_text(head)[:1000].lower()
    return text.lstrip().startswith("file_type:") and ("analog r/c ascii" in text or "board_type:" in text)


def read(source: Source) -> Content:
    """The content of an ANC file: analog channels in volts where the file says its range, else in counts."""
    source = plain(source)
    head = head_of(source, 60)
    header = _header(head, source.name)
    layout = layout_of(source, head, header.first_row, 1 + header.channels, delimiter=header.delimiter)
    held = _Held(header.steps)
    table = Table(source, layout, time=0, watch=held.watch if (header.steps > 1).any() else None)
    warnings = list(header.warnings)
    timing = _exact(timing_of(table, where=f"{source.name}, column of times", stated_hz=header.rate_hz), header, warnings)
    warnings.extend([*timing.warnings, *_too_short(timing, header)])
    groups = _groups(table, header, held, timing, warnings)
    about = {"device": header.keys["board_type"]} if header.keys.get("board_type") else {}
    person = {"trial": header.keys[_OF_PEOPLE[0]]} if header.keys.get(_OF_PEOPLE[0]) else {}
    note = f"counts of a {header.bits}-bit converter" if header.bits else "counts of the converter"
    return Content(groups, (), tuple(warnings), about=about, person=person, unit_note=note)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without the name of its trial and without free lines; every sample stays as it is."""
    source = plain(source)
    head = head_of(source, 60)
    header = _header(head, source.name)
    removed, at = [], 0
    for i in range(header.first_row):
        raw, at = source.read(at, head.ends[i] - at), head.ends[i]
        line, ending = head.lines[i], raw[len(raw.rstrip(b"\r\n")) :]
        if i in header.table_lines or not line.strip():
            out.write(raw)
        elif _KEY.search(line):
            kept = [(key, value) for key, value in _pairs(line) if key.lower() not in _OF_PEOPLE or not value]
            removed += ["the name of the trial (Trial_Name)"] if len(kept) < len(_pairs(line)) else []
            blanked = [(key, value if (key, value) in kept else "") for key, value in _pairs(line)]
            out.write("\t".join(f"{key}:\t{value}" for key, value in blanked).encode("utf-8") + ending)
        else:
            removed.append("a free line of the header")
            out.write(ending)
    copy(source, at, out)
    return tuple(dict.fromkeys(removed))


READER = Reader(NAME, (".anc",), recognises, read, anonymise)


# ----------------------------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True, eq=False)
class _Header:
    keys: dict[str, str]
    table_lines: tuple[int, ...]  # of names, rates and ranges
    labels: tuple[str, ...]
    rate_hz: float  # of the rows, as the header says; 0 if it does not
    steps: "np.ndarray[tuple[int], np.dtype[np.int64]]"  # rows per sample of each channel
    volts: Floats  # of one count; NaN where the range is not given
    bits: int
    delimiter: str | None
    first_row: int
    warnings: tuple[str, ...]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.labels)


def _pairs(line: str) -> list[tuple[str, str]]:
    """Keys and values of a line such as ``Trial_Name:<tab>walk 1<tab>Trial#:<tab>1``."""
    marks = list(_KEY.finditer(line))
    ends = [*(mark.start() for mark in marks[1:]), len(line)][: len(marks)]
    return [(mark[1], line[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)]


def _header(head: Head, name: str) -> _Header:
    lines = head.lines
    names_line = next((i for i, line in enumerate(lines) if re.match(r"\s*name(\t|\s|$)", line, re.IGNORECASE)), None)
    if names_line is None:
        raise FormatError(f"{name}: no line 'Name' with the labels of the channels in the header; an ANC file needs one. Export it again.")
    delimiter = "\t" if "\t" in lines[names_line] else None
    first_row = next((i for i in range(names_line + 1, len(lines)) if _is_data(lines[i], delimiter)), None)
    if first_row is None:
        raise FormatError(f"{name}: no rows of samples follow the labels of the channels; the file is empty or cut off. Export it again.")
    keys = {key.lower(): value for line in lines[:names_line] for key, value in _pairs(line)}
    channels = len(cells_of(lines[first_row], delimiter)) - 1
    if channels < 1:
        raise FormatError(f"{name}: line {first_row + 1}: there is no sample behind the time; the file is damaged. Export it again.")
    rows = {line.split()[0].lower(): line for line in lines[names_line:first_row] if line.strip()}
    labels = _line_of(rows, "name", channels, delimiter, name)
    warnings: list[str] = []
    promised = whole(keys.get("#channels", ""))
    if promised is not None and promised != channels:
        warnings.append(f"the header promises {promised} channels, the rows hold {channels}: all that are there are read")
    rate_hz, steps = _rates(_line_of(rows, "rate", channels, delimiter, name), keys, name)
    bits = whole(keys.get("bitdepth", "")) or 0
    bits = bits if bits <= 32 else 0
    volts = _volts(_line_of(rows, "range", channels, delimiter, name), bits, keys, warnings)
    table_lines = tuple(i for i in range(names_line, first_row) if lines[i].split()[:1] and lines[i].split()[0].lower() in _TABLE_LINES)
    return _Header(keys, table_lines, labels, rate_hz, steps, volts, bits, delimiter, first_row, tuple(warnings))


_TABLE_LINES = ("name", "rate", "range")


def _is_data(line: str, delimiter: str | None) -> bool:
    return line.split()[:1] != [] and line.split()[0].lower() not in _TABLE_LINES and is_row(line, delimiter)


def _line_of(rows: dict[str, str], key: str, channels: int, delimiter: str | None, name: str) -> tuple[str, ...]:
    """The cells of a line of the header behind its key, one for each channel; empty where it says nothing."""
    cells = cells_of(rows.get(key, ""), delimiter)[1:]
    if len(cells) > channels:
        raise FormatError(
            f"{name}: the line '{key.title()}' has {len(cells)} cells, the rows hold {channels} channels; the file is damaged."
        )
    return (*cells, *[""] * (channels - len(cells)))


def _float(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return 0.0
    return number if np.isfinite(number) and 1e-6 < number < 1e9 else 0.0


def _rates(cells: tuple[str, ...], keys: dict[str, str], name: str) -> tuple[float, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """Rate of the rows, and how many of them one sample of each channel takes."""
    rates = np.array([_float(cell) for cell in cells])
    fastest = float(rates.max(initial=0.0))
    precise = _float(keys.get("preciserate", ""))
    ratios = np.where(rates > 0, fastest / np.where(rates > 0, rates, 1.0), 1.0)
    if (np.abs(ratios - np.rint(ratios)) > _AGREEING * ratios).any() or ratios.max(initial=1.0) > 1e6:
        odd = int(np.argmax(np.abs(ratios - np.rint(ratios))))
        raise FormatError(
            f"{name}: channel {odd + 1} has a rate of {rates[odd]:g} Hz beside {fastest:g} Hz; only whole ratios fit into one table. "
            "Export the channels into several files."
        )
    near = fastest and abs(precise - fastest) <= 0.01 * fastest
    return precise if near or not fastest else fastest, np.rint(ratios).astype(np.int64)


def _volts(cells: tuple[str, ...], bits: int, keys: dict[str, str], warnings: list[str]) -> Floats:
    """Volts of one count of each channel."""
    ranges = np.array([_float(cell) for cell in cells])
    first_generation = keys.get("generation#", "") == "1"
    counts = np.array([bool(first_generation and bits == 0 and r in (256.0, 1024.0, 4096.0, 16384.0, 65536.0)) for r in ranges])
    known = (ranges > 0) & (bits > 0) & ~counts
    if not known.all():
        why = "bit depth" if not bits else "range"
        warnings.append(f"{int((~known).sum())} channel(s) have no {why} in the header: their samples stay counts of the converter")
    unipolar = keys.get("polarity", "").lower().startswith("uni")
    return np.where(known, ranges * 1e-3 * (1.0 if unipolar else 2.0) / 2.0 ** max(bits, 1), np.nan)


# ---------------------------------------------------------------------------------------------------------------- samples


class _Held:
    """Whether a slow channel stands still between its samples, as it should in rows of a faster clock."""

    def __init__(self, steps: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
        self._steps, self._slow = steps, np.flatnonzero(steps > 1)
        self._before = np.full(self._slow.size, np.nan)
        self.moves = np.zeros(steps.size, dtype=bool)

    def watch(self, row: int, numbers: Floats) -> None:
        """Look at a block of rows, the first of which is number ``row``."""
        of = np.vstack([self._before, numbers[:, 1 + self._slow]])
        changes = (of[1:] != of[:-1]) & ~np.isnan(of[1:]) & ~np.isnan(of[:-1])
        between = (row + np.arange(len(numbers)))[:, None] % self._steps[self._slow] != 0
        self.moves[self._slow] |= (changes & between).any(axis=0)
        self._before = of[-1]


def _exact(timing: Timing, header: _Header, warnings: list[str]) -> Timing:
    """The header's precise rate where the times, which are rounded, agree with it."""
    stated = header.rate_hz
    if not stated or timing.rate_hz == stated:
        return timing
    if abs(timing.rate_hz - stated) > _AGREEING * stated:
        warnings.append(f"the header says {stated:g} Hz, the times of the rows {timing.rate_hz:.6g} Hz: the times are followed")
        return timing
    return Timing(stated, timing.start_s, timing.samples, timing.places, timing.rows, timing.warnings)


def _too_short(timing: Timing, header: _Header) -> list[str]:
    """A sentence where the rows end a second or a tenth of the stated duration before it: the file was cut off at the end of a row."""
    stated = header.keys.get("duration(sec.)", header.keys.get("duration(sec)", ""))
    stated_s = float(stated) if re.fullmatch(r"\d{1,6}(\.\d{1,9})?", stated) else 0.0
    held_s = timing.samples / timing.rate_hz
    if held_s >= stated_s - min(1.0, 0.1 * stated_s):
        return []
    return [f"the header promises {stated_s:g} s, the rows hold {held_s:.4g} s: the file may be cut off"]


def _groups(table: Table, header: _Header, held: _Held, timing: Timing, warnings: list[str]) -> tuple[Group, ...]:
    """Channels by rate; a slow one takes every n-th row, unless it moves in between."""
    steps = np.where(held.moves, 1, header.steps)
    if held.moves.any():
        warnings.append(
            f"{int(held.moves.sum())} channel(s) have a lower rate in the header, but change in every row: read at that of the rows"
        )
    groups = []
    for step in np.unique(steps):
        of = np.flatnonzero(steps == step)
        volts = header.volts[of]
        columns = tuple(Column(header.labels[i], "V" if np.isfinite(v) else "") for i, v in zip(of, volts, strict=True))
        counts = samples_of(table, (1 + of).tolist(), timing)
        values = _scaled(counts, np.where(np.isfinite(volts), volts, 1.0), int(step))
        groups.append(Group(columns, values, timing.rate_hz / int(step), timing.start_s))
    return tuple(groups)


def _scaled(counts: Samples, factors: Floats, step: int) -> Lazy:
    """Every ``step``-th sample times the factor of its channel."""
    samples = -(-counts.shape[1] // step)

    def read(rows: Rows, start: int, stop: int) -> Floats:
        out: Floats = counts[rows, start * step : min(stop * step, counts.shape[1])][:, ::step]
        return out * factors[rows, None]

    return Lazy((counts.shape[0], samples), read)
