"""From what a file holds to a recording: what each column measures, in SI, with what is known of it before any analysis.

Every reader's content comes through here, so that a label, a unit or a dead channel means the same in every format.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hipspine.anatomy.assignments import Assignment
from hipspine.anatomy.names import MuscleName
from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of, si_spelling, side_of, unique_labels
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.lazy import selected
from hipspine.formats.ours import Stated
from hipspine.formats.source import Source
from hipspine.formats.statuses import Extent, emg_status, extent_of, gap_words, is_too_small
from hipspine.signals.recording import Channel, Recording, Samples, Stream
from hipspine.terms import ChannelStatus, StreamKind
from hipspine.units import to_si

_KEPT = 1 << 21  # numbers of a recording that are kept once they have been looked at: a minute of 16 channels at 2 kHz
_SLOWEST_HZ, _FASTEST_HZ, _LATEST_S = 1e-6, 1e9, 1e11  # a sample in eleven days; seconds since 1970 and since the year 1 fit
_ASSUMED = {StreamKind.ANGLE: ("deg", "hip_flexion_deg"), StreamKind.FORCE: ("N", "force_n")}


@dataclass(frozen=True, slots=True, eq=False)
class _Meant:
    """A column and what it was understood to be."""

    column: Column
    kind: StreamKind
    name: MuscleName
    stated: Stated | None  # what hipspine itself wrote beside the data


def assembled(
    content: Content,
    source: Source,
    format_name: str,
    *,
    labels: Mapping[str, Assignment],
    only: Collection[str],
    progress: Callable[[float], None] | None,
) -> Recording:
    """The recording that a file's content makes; arguments as `Reader.recording`."""
    warnings = list(content.warnings)
    groups = [group for group in content.groups if group.columns and group.values.shape[1]]
    silent = [column.label for group in content.groups if not group.values.shape[1] for column in group.columns]
    if not groups:
        raise FormatError(f"{source.name}: the {format_name} file holds no channel with samples; record or export it again.")
    if silent:
        warnings.append(f"no samples in {_listed(silent)}: left out")
    columns, doubled = _distinct([column for group in groups for column in group.columns])
    warnings.extend(doubled)
    meant = iter(_with_units(_meant(columns, content, labels), content, warnings))
    wanted = _wanted(columns, only, source)
    chosen = [(group, [(i, next(meant)) for i in range(len(group.columns))]) for group in groups]
    steps = _Steps(progress)
    parts = [part for group, members in chosen for part in _parts(group, [m for m in members if m[1].column.label in wanted])]
    steps.total = sum(part.values.shape[0] * part.values.shape[1] for part in parts)
    streams = content.statement.ordered(tuple(_stream(part, source, steps) for part in parts))
    _require_clocks(streams, content, source)
    about = dict(content.about)
    return Recording(source.name, format_name, streams, content.events, tuple(warnings), about=about, person=dict(content.person))


def _require_clocks(streams: Sequence[Stream], content: Content, source: Source) -> None:
    """Refuse rates and times that no device gives: durations could not be computed."""
    for stream in streams:
        if not _SLOWEST_HZ <= stream.rate_hz <= _FASTEST_HZ or not abs(stream.start_s) <= _LATEST_S:
            raise FormatError(
                f"{source.name}: the samples of {stream.channels[0].label!r} have the rate {stream.rate_hz:.4g} Hz and begin at "
                f"{stream.start_s:.4g} s; no device gives that. Export the recording again."
            )
    for event in content.events:
        if not abs(event.time_s) <= _LATEST_S:
            raise FormatError(f"{source.name}: the event {event.label!r} stands at {event.time_s:.4g} s; export the recording again.")


# ------------------------------------------------------------------------------------------------------- what columns are


def _distinct(columns: Sequence[Column]) -> tuple[list[Column], tuple[str, ...]]:
    labels, warning = unique_labels([column.label for column in columns])
    return [replace(c, label=label) if label != c.label else c for c, label in zip(columns, labels, strict=True)], warning


def _meant(columns: Sequence[Column], content: Content, labels: Mapping[str, Assignment]) -> list[_Meant]:
    """Kind and muscle of each column: as a person said, as hipspine wrote, as the format says, as the label reads."""
    found = []
    for column, name in zip(columns, names_of(columns), strict=True):
        stated, said = content.statement.of(column.label), labels.get(column.label)
        if stated:
            name = stated.over(name)
        kind = stated.kind if stated else column.kind or kind_of(column.label, column.unit, name)
        if said is not None:
            name, kind = _as_said(said, name), StreamKind.EMG if said.muscle else kind
        found.append(_Meant(column, kind, name, stated))
    return found


def _as_said(said: Assignment, read: MuscleName) -> MuscleName:
    if said.muscle is None:
        return MuscleName(None, said.side, reason="as you said: no EMG of a muscle", status=ChannelStatus.NOT_EMG, code=read.code)
    return MuscleName(said.muscle, said.side or read.side, said.region, 1.0, "as you said", code=read.code)


def _with_units(meant: Sequence[_Meant], content: Content, warnings: list[str]) -> list[_Meant]:
    """Angles and forces without a unit are taken as degrees and newtons; EMG without one keeps its numbers. Each is said."""
    if content.units_stated:
        return list(meant)
    open_ = {m.kind for m in meant if not m.column.unit and m.stated is None}
    if StreamKind.EMG in open_:
        kept = content.unit_note or "numbers as they are"
        warnings.append(f"the unit of the EMG is not given: kept as {kept} (onsets do not depend on it); name columns such as 'gmax_l_uv'")
    for kind, (unit, example) in _ASSUMED.items():
        if kind in open_:
            warnings.append(f"the unit of the {kind.value} columns is not given: taken as {unit}; name columns such as '{example}'")
    return [
        replace(m, column=replace(m.column, unit=_ASSUMED[m.kind][0]))
        if not m.column.unit and m.stated is None and m.kind in _ASSUMED
        else m
        for m in meant
    ]


def _wanted(columns: Sequence[Column], only: Collection[str], source: Source) -> set[str]:
    labels = [column.label for column in columns]
    missing = [label for label in only if label not in labels]
    if missing:
        raise FormatError(f"{source.name}: there is no channel {missing[0]!r}; the file has {_listed(labels, 12)}.")
    return set(only) if only else set(labels)


def _listed(labels: Sequence[str], most: int = 5) -> str:
    return ", ".join(repr(label) for label in labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")


# ---------------------------------------------------------------------------------------------------------------- streams


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The columns of one group that become one stream."""

    group: Group
    kind: StreamKind
    name: str
    members: tuple[_Meant, ...]
    units: tuple[str, ...]
    values: Samples


def _parts(group: Group, members: Sequence[tuple[int, _Meant]]) -> list[_Part]:
    """The columns of a group by kind and stream name, in the order in which these first appear; values in SI."""
    sorted_: dict[tuple[StreamKind, str, int], list[tuple[int, _Meant]]] = {}
    for i, m in members:
        stream = (m.stated.stream, m.stated.index) if m.stated else (m.column.stream, -1)
        sorted_.setdefault((m.kind, *stream), []).append((i, m))
    parts = []
    for (kind, name, _), found in sorted_.items():
        scales = [to_si(si_spelling(m.column.unit)) for _, m in found]
        values = selected(group.values, [i for i, _ in found], [factor for factor, _ in scales])
        parts.append(_Part(group, kind, name, tuple(m for _, m in found), tuple(unit for _, unit in scales), values))
    return parts


class _Steps:
    """How far the look through the samples has come, and how many of them may still be kept."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self.progress, self.total, self.done, self.room = progress, 0, 0, _KEPT

    def kept(self, values: Samples) -> Samples:
        """The samples of a small recording in memory; those of a large one stay in the file."""
        size = values.shape[0] * values.shape[1]
        if isinstance(values, np.ndarray) or size > self.room:
            return values
        self.room -= size
        return np.asarray(values)

    def __call__(self, numbers: int) -> None:
        self.done += numbers
        if self.progress is not None:
            self.progress(min(1.0, self.done / max(self.total, 1)))


def _stream(part: _Part, source: Source, steps: _Steps) -> Stream:
    group = part.group

    def impossible(row: int, sample: int, number: float) -> FormatError:
        label, at_s = part.members[row].column.label, group.start_s + sample / group.rate_hz
        return FormatError(
            f"{source.name}: channel {label!r} holds {number:.3g} at {at_s:.3f} s; no device gives a number beyond 3.4e+38. "
            "Export the recording again."
        )

    values = steps.kept(part.values)
    extent = extent_of(values, refuse=impossible, progress=steps)
    for row, m in enumerate(part.members):
        if part.kind is StreamKind.EMG and is_too_small(extent, row):
            raise FormatError(
                f"{source.name}: channel {m.column.label!r} holds nothing larger than {max(-extent.low[row], extent.high[row]):.3g}; no "
                "device gives numbers so small. Export the recording again, with its unit."
            )
    channels = tuple(_channel(part, row, values, extent) for row in range(len(part.members)))
    return Stream(part.kind, group.rate_hz, group.start_s, channels, values, part.name)


def _channel(part: _Part, row: int, values: Samples, extent: Extent) -> Channel:
    m, unit = part.members[row], part.units[row]
    if part.kind is not StreamKind.EMG:
        status, reason = _other_status(m.name if m.column.kind is None and part.kind is StreamKind.OTHER else None, unit, extent, row)
        side = m.stated.side if m.stated else side_of(m.column.label)
        return Channel(m.column.label, m.stated.muscle if m.stated else None, side, None, unit, status, 1.0, reason)
    status, reason = emg_status(m.name, values, row, extent, part.group.rate_hz)
    return Channel(m.column.label, m.name.muscle, m.name.side, m.name.region, unit, status, m.name.confidence, reason, m.name.candidates)


def _other_status(name: MuscleName | None, unit: str, extent: Extent, row: int) -> tuple[ChannelStatus, str]:
    if name is not None and unit in ("V", "") and name.status in (ChannelStatus.NOT_EMG, ChannelStatus.EMPTY):
        return name.status, name.reason
    gaps = gap_words(extent, row)
    return (ChannelStatus.GAPS, gaps) if gaps else (ChannelStatus.OK, "")
