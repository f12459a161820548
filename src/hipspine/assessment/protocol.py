"""The contract of an assessment: what it needs, what it gives, and the shapes of its results.

To add one write ``assessment/<name>.py`` with ``PROTOCOL = Protocol(...)``; commands, reports and shared tests find it by
themselves. Another distribution offers one through the entry-point group ``hipspine.protocols``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hipspine.signals.recording import Recording
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import Certainty, Floats, Grade, Side


@dataclass(frozen=True, slots=True)
class Reference:
    """A published value that a finding is set beside; never a cut-off."""

    value: float | None  # in the finding's unit; None where only a direction was published
    spread: float | None  # SD unless the note says otherwise
    source: str  # key in evidence/data/references.csv
    note: str = ""  # population, cue, what exactly was measured


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a recording shows."""

    measure: str  # snake_case, such as "gluteus_maximus_delay_to_hamstrings"
    side: Side | None
    value: float | str | None  # None: unknown, the sentence says why
    unit: str  # as shown to people: "ms", "deg", "%", "ratio", "1"
    low: float | None  # 95 % interval, same unit
    high: float | None
    reference: Reference | None
    grade: Grade  # of the claim behind the reference
    certainty: Certainty  # of this value in this recording
    sentence: str  # plain, in the words of the product
    other_references: tuple[Reference, ...] = ()  # the conflicting ones too


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Who starts before whom, over the repetitions of one side."""

    side: Side | None  # the leg that moves
    muscles: tuple[str, ...]  # such as "gluteus_maximus", "erector_spinae contralateral"
    p_before: Floats  # (muscle, muscle): posterior probability that the row starts before the column
    consistency: float | None  # Kendall's W over repetitions, None with fewer than 2 repetitions
    verdict: str  # a sentence; may be "no consistent order"
    repetitions: int
    settled: float = 0.8  # probability from which the verdict says who is first; pairs below it are "no consistent order"


@dataclass(frozen=True, slots=True)
class Mark:
    """One muscle in one repetition, for rasters and traces; times on the recording's clock [s]."""

    muscle: str  # as in Order.muscles
    label: str  # channel label in the file
    side: Side | None  # side of the muscle
    on_s: float | None
    on_low_s: float | None
    on_high_s: float | None
    off_s: float | None
    off_low_s: float | None
    off_high_s: float | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """One movement, step or contact."""

    number: int
    side: Side | None  # the leg or side that moves
    start_s: float  # the reference moment: movement start, foot contact
    end_s: float | None
    marks: tuple[Mark, ...]
    start_low_s: float | None = None  # 95 % interval of the reference moment where it is estimated
    start_high_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """The result of one protocol on one recording."""

    protocol: str
    findings: tuple[Finding, ...]
    orders: tuple[Order, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    loops: Mapping[str, Floats] = field(default_factory=dict)  # curves: name -> (2, n), such as hip against lumbar [rad]
    warnings: tuple[str, ...] = ()  # what a reader must know before trusting the findings
    information: tuple[str, ...] = ()  # how the recording was understood, such as which channel was taken; nothing to worry about


@dataclass(frozen=True, slots=True)
class Protocol:
    """How one assessment is recognised, described and computed."""

    name: str  # as on the command line: "prone-hip-extension"
    title: str  # for people
    needs: tuple[str, ...]  # plain sentences: what a recording must hold
    measures: Mapping[str, str]  # measure -> what it is, with unit and sign
    sources: tuple[str, ...]  # keys in evidence/data/references.csv
    assess: Callable[[Recording], Assessment]
    evaluate: Callable[[Recording, tuple[ChannelOnsets, ...]], Assessment] | None = None  # the same, from onsets already timed
