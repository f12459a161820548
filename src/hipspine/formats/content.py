"""What a reader hands over: columns of numbers by clock, as the file writes them. What they mean is decided later, alike for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipspine.formats.ours import Statement
from hipspine.signals.recording import Event, Samples
from hipspine.terms import StreamKind


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers as a file names it."""

    label: str
    unit: str = ""  # as the file writes it; empty if it does not
    hint: str = ""  # a description beside the label
    kind: StreamKind | None = None  # where the format itself says what is measured
    stream: str = ""  # name of the stream it belongs to, such as "force plate 1"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Columns that are sampled together."""

    columns: tuple[Column, ...]
    values: Samples  # (column, sample) in each column's unit; NaN inside a gap; an array or a `Lazy`
    rate_hz: float
    start_s: float  # of the first sample, on the clock that all groups and events of the file share


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Everything that a reader found in a file."""

    groups: tuple[Group, ...]
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)  # of the recording: device, cue, filters
    person: Mapping[str, str] = field(default_factory=dict, repr=False)  # of people: name, birth date, sex, code, technician, time of day
    statement: Statement = field(default_factory=Statement)  # what hipspine wrote beside the data
    units_stated: bool = False  # the format fixes its units: nothing has to be assumed where one is missing
    unit_note: str = ""  # what EMG without a unit is, such as "counts of a 12-bit converter"
