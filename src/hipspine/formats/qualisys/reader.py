"""Qualisys Track Manager exports (.tsv): markers, analog channels, force plates, rigid bodies and skeletons.

Lengths are millimetres, angles degrees, as the program exports them. It writes 0.000 three times where it did not see a marker, unless the
export names another sign: such zeros are missing samples here, and a warning says so. The column of times is the clock where there is one.
"""

from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.content import Content, Group
from hipspine.formats.lazy import selected, shortened
from hipspine.formats.motion.clock import Timing, samples_of, timing_of
from hipspine.formats.motion.head import copy, head_of, head_text, plain, whole
from hipspine.formats.motion.markers import Zeros, nameless_line, people_of
from hipspine.formats.motion.table import Table, layout_of
from hipspine.formats.personal import crossed_out
from hipspine.formats.qualisys.columns import Plan, plan_of
from hipspine.formats.qualisys.header import Header, anonymised_line, events_of, header_of, is_header, person_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Samples

NAME = "Qualisys TSV"
_AGREEING = 0.01  # largest difference of two rates that may be one


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are the header of an export."""
    del suffix
    return is_header(head_text(head))


def read(source: Source) -> Content:
    """The content of an export."""
    source = plain(source)
    head = head_of(source)
    header = header_of(head, source.name)
    warnings: list[str] = []
    plan = plan_of(header, warnings, source.name)
    layout = layout_of(source, head, header.first_row, plan.cells, delimiter="\t", blank=plan.time is None, pads=1 if plan.samples else 0)
    zeros = Zeros(plan.places[0], plan.together or 1, len(plan.names))
    table = Table(source, layout, time=plan.time, watch=zeros.watch if plan.together else None)
    _counted(header, table, warnings)
    timing = _timing(table, plan, header, warnings, source.name)
    missing = bool(plan.together) and not zeros.empty
    if zeros.found(plan.names):
        seen = "taken as missing, as the program writes what it did not see" if missing else "kept, as the file leaves missing cells empty"
        warnings.append(f"{zeros.words(plan.names)} at exactly 0, 0, 0: {seen}")
    values = samples_of(table, plan.places, timing, zeros=plan.together if missing else 0)
    person = person_of(header)
    if people_of(plan.names):
        person["subject"] = ", ".join(people_of(plan.names))
    events = events_of(header, timing.rate_hz, warnings)
    groups = _groups(plan, values, timing, warnings)
    return Content(groups, events, tuple(warnings), about=_about(header), person=person, units_stated=plan.units_stated)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its date, its description and the person before the markers' names; every number stays as it is."""
    source = plain(source)
    head = head_of(source)
    header = header_of(head, source.name)
    names = plan_of(header, [], source.name).names
    removed, at = [], 0
    for i in range(header.first_row):
        raw, at = source.read(at, head.ends[i] - at), head.ends[i]
        line, ending = head.lines[i], raw[len(raw.rstrip(b"\r\n")) :]
        titles = bool(header.titles) and line.split("\t")[0].strip() == header.titles[0]
        left, what = anonymised_line(line, titles)
        if left is None and nameless_line(line, names) != line:
            left, what = nameless_line(line, names), "the person before the names of the markers"
        clean = crossed_out(line if left is None else left, person_of(header))
        if clean != (line if left is None else left):
            left, what = clean, what or "names and days of the description in other lines"
        if what:
            removed.append(what)
        out.write(raw if left is None else left.encode("utf-8") + ending)
    copy(source, at, out)
    return tuple(dict.fromkeys(removed))


READER = Reader(NAME, (".tsv",), recognises, read, anonymise)


def _about(header: Header) -> dict[str, str]:
    cameras, boards = header.text("NO_OF_CAMERAS"), header.text("BOARD_TYPES")
    about = {"device": f"Qualisys, {cameras} cameras" if whole(cameras) is not None else "Qualisys"}
    if boards:
        about["board"] = boards
    return about


def _counted(header: Header, table: Table, warnings: list[str]) -> None:
    for key, what in (("NO_OF_FRAMES", "frames"), ("NO_OF_SAMPLES", "samples")):
        promised = whole(header.text(key))
        if promised is not None and promised != table.rows:
            cut = "; the file may be cut off" if promised > table.rows else ""
            warnings.append(f"the header promises {promised} {what}, the file holds {table.rows}: all that are there are read{cut}")


def _timing(table: Table, plan: Plan, header: Header, warnings: list[str], name: str) -> Timing:
    """The clock by the column of times, else by the header's rate and the number of the first sample."""
    stated = header.number("FREQUENCY") or max((rate for rate in plan.rates_hz if rate), default=None)
    if plan.time is not None:
        timing = timing_of(table, where=f"{name}, column of times", stated_hz=stated or 0.0)
        warnings.extend(timing.warnings)
        if stated and abs(timing.rate_hz - stated) > _AGREEING * stated:
            warnings.append(f"the header says {stated:g} Hz, the times of the rows {timing.rate_hz:.6g} Hz: the times are followed")
        return timing
    if stated is None:
        raise FormatError(
            f"{name}: FREQUENCY is {header.text('FREQUENCY')[:20]!r} and there is no column of times; export again with 'time data "
            "for every frame', or with a rate."
        )
    start_s = ((header.number("FIRST_SAMPLE") or 1.0) - 1.0) / stated
    return Timing(stated, start_s, table.rows)


def _groups(plan: Plan, values: Samples, timing: Timing, warnings: list[str]) -> tuple[Group, ...]:
    """The columns by rate; channels of another rate stand side by side from the first row on, each as long as the header says."""
    if not plan.samples:
        return (Group(plan.columns, values, timing.rate_hz, timing.start_s),)
    warnings.append("channels of several rates: each begins in the first row, its samples follow at its own rate")
    groups = []
    for rate_hz, samples in dict.fromkeys(zip(plan.rates_hz, plan.samples, strict=True)):
        of = [k for k, pair in enumerate(zip(plan.rates_hz, plan.samples, strict=True)) if pair == (rate_hz, samples)]
        chosen = selected(values, of, [1.0] * len(of))
        columns = tuple(plan.columns[k] for k in of)
        groups.append(Group(columns, shortened(chosen, samples or chosen.shape[1]), rate_hz, timing.start_s))
    return tuple(groups)
