"""What a struct says of the numbers in it: rates, clocks, labels, units, starts; and which of its members are samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.formats.tree.nodes import Branch, Cells, Node, Numbers, Texts, lone, numbers_in, scalar, size_words, texts_in
from hipspine.formats.tree.words import (
    are_labels,
    are_units,
    is_clock,
    is_count,
    is_first_frame,
    is_interval,
    is_mark,
    is_personal,
    is_rate,
    is_start,
    of_what,
    seconds_per,
    words,
)
from hipspine.terms import Floats

SHORTEST = 16  # samples that an array needs to be taken for a recording where no label says so
GENERIC = {"data", "values", "value", "line", "signal", "signals", "samples", "sig", "y", "raw", "trial", "avg", "d", "x", "eeg", "block0"}
_DEEPEST = 24


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A rate, a clock, labels or units, and whose they are."""

    path: str
    of: frozenset[str]  # words that narrow it down, such as "emg"
    numbers: Floats = field(default_factory=lambda: np.empty(0))  # of rates [Hz]
    texts: tuple[str, ...] = ()
    clock: Numbers | None = None
    factor: float | None = None  # seconds per unit of the clock, where it is said


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """An array that may hold samples."""

    path: str
    name: str
    numbers: Numbers
    scope: "Scope"
    place: int = 0  # of one of several arrays in a cell, from 1
    places: int = 0  # how many arrays the cell holds

    @property
    def single(self) -> bool:
        """Whether this is one of several arrays in a cell."""
        return self.places > 1


@dataclass(slots=True, eq=False)
class Scope:
    """A struct or group with what it says; ``up`` is the one around it."""

    path: str
    branch: Branch
    up: "Scope | None" = None
    rates: list[Said] = field(default_factory=list)
    clocks: list[Said] = field(default_factory=list)
    labels: list[Said] = field(default_factory=list)
    units: list[Said] = field(default_factory=list)
    start_s: float | None = None
    first_frame: int | None = None
    samples: list[Samples] = field(default_factory=list)
    inner: "list[Scope]" = field(default_factory=list)
    item: int = 0  # place in an array of structs, from 1; 0 for a single one

    def around(self) -> "Iterator[Scope]":
        """The scope itself and those around it, the nearest first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.up

    def everything(self) -> Iterator[Samples]:
        """All samples here and below."""
        yield from self.samples
        for scope in self.inner:
            yield from scope.everything()

    @property
    def title(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


def scope_of(branch: Branch, path: str = "", up: Scope | None = None, item: int = 0, skip: Sequence[str] = ()) -> Scope:
    """The scope of a struct and of all structs in it."""
    scope = Scope(path, branch, up, item=item)
    depth = sum(1 for _ in scope.around())
    for name, raw in branch.attributes.items():
        _hear(scope, name, raw, attribute=True)
    for name, raw in branch.children.items():
        place = f"{path}.{name}" if path else name
        node = lone(raw)
        if name in skip or depth > _DEEPEST or (is_personal(name) and not _may_hold_samples(node)):
            continue
        if isinstance(node, Branch):
            _enter(scope, name, place, node, 0, skip)
        elif isinstance(node, Cells) and node.items and all(isinstance(lone(item), Branch) for item in node.items):
            for i, each in enumerate(node.items, 1):
                inside = lone(each)
                if isinstance(inside, Branch):
                    _enter(scope, name, f"{place}{{{i}}}", inside, i, skip)
            _hear_columns(scope, name, node)
        else:
            _hear(scope, name, raw, attribute=False)
    return scope


def _may_hold_samples(node: Node | None) -> bool:
    return isinstance(node, Branch | Cells) or (isinstance(node, Numbers) and max(node.shape, default=0) >= SHORTEST)


def _enter(scope: Scope, name: str, place: str, node: Branch, item: int, skip: Sequence[str]) -> None:
    """A struct with samples is a scope of its own; what another one says counts for everything beside it."""
    inner = scope_of(node, place, scope, item, skip)
    if next(inner.everything(), None) is not None:
        scope.inner.append(inner)
        return
    if item or is_mark(name):
        return
    mine = frozenset(words(name)) - {
        "info",
        "header",
        "hdr",
        "meta",
        "metadata",
        "params",
        "param",
        "settings",
        "config",
        "parameters",
        "setup",
    }
    for target, said in ((scope.rates, inner.rates), (scope.labels, inner.labels), (scope.units, inner.units)):
        target.extend(Said(s.path, s.of | mine, s.numbers, s.texts) for s in said)
    if scope.first_frame is None:
        scope.first_frame = inner.first_frame


def _hear_columns(scope: Scope, name: str, cells: Cells) -> None:
    """Labels and units that stand in an array of structs without samples: ``chanlocs(3).labels``."""
    branches = [inside for item in cells.items if isinstance(inside := lone(item), Branch)]
    for key in branches[0].children:
        lines = [texts_in(lone(each.children.get(key))) for each in branches]
        if all(len(line) == 1 for line in lines):
            said = Said(f"{name}.{key}", frozenset(), texts=tuple(line[0] for line in lines))
            if are_units(key):
                scope.units.append(said)
            elif are_labels(key) and not is_mark(name):
                scope.labels.append(said)


def _hear(scope: Scope, name: str, raw: Node, *, attribute: bool) -> None:
    """Sort one member by its name and what it is."""
    node = lone(raw)
    path = f"{scope.path}.{name}" if scope.path else name
    value = scalar(node)
    if is_rate(name) and (rates := _rates(name, node)).size:
        scope.rates.append(Said(path, of_what(name), rates))
    elif is_interval(name) and value is not None and value > 0:
        unit = " ".join(texts_in(scope.branch.children.get(f"{name}_units")))
        factor = seconds_per(name, unit)
        if factor is not None or words(name) != ("isi",):
            scope.rates.append(Said(path, of_what(name) - {"isi", "interval", "dt", "period"}, np.array([1 / (value * (factor or 1.0))])))
    elif isinstance(node, Numbers) and value is not None and (rate := scalar(node.attributes.get("rate"))) is not None and rate > 0:
        scope.rates.append(Said(path, frozenset(), np.array([rate])))  # NWB: starting_time with the attribute rate
        scope.start_s = value
    elif is_start(name) and value is not None:
        scope.start_s = value * (seconds_per(name) or 1.0)
    elif is_first_frame(name) and value is not None and 1 <= value < 1e9:
        scope.first_frame = int(value)
    elif isinstance(node, Numbers):
        _hear_numbers(scope, name, path, node, attribute=attribute)
    elif (lines := texts_in(node)) and any(lines):
        if are_units(name):
            scope.units.append(Said(path, of_what(name), texts=lines))
        elif are_labels(name) or (len(lines) > 1 and not is_mark(name) and not is_personal(name)):
            scope.labels.append(Said(path, of_what(name), texts=lines))
    elif isinstance(node, Cells) and not attribute:
        for i, each in enumerate(node.items, 1):
            inside = lone(each)
            if isinstance(inside, Numbers) and inside.size and max(inside.shape) >= SHORTEST:
                scope.samples.append(Samples(f"{path}{{{i}}}", name, inside, scope, i, len(node.items)))


def _hear_numbers(scope: Scope, name: str, path: str, node: Numbers, *, attribute: bool) -> None:
    longest = max(node.shape, default=0) if node.size else 0
    if is_clock(name) and longest >= 2 and longest == node.size:
        unit = next((texts_in(node.attributes[key]) for key in node.attributes if are_units(key)), ())
        scope.clocks.append(Said(path, of_what(name), clock=node, factor=seconds_per(name, " ".join(unit))))
    elif longest >= SHORTEST and not attribute and not is_count(name) and not (is_mark(name) and longest == node.size and longest < 1000):
        scope.samples.append(Samples(path, name, node, scope))


def _rates(name: str, node: Node | None) -> Floats:
    """The rates under a name [Hz]; kHz where the name or the text says so."""
    factor = 1000.0 if "khz" in name.lower() else 1.0
    value = scalar(node)
    if value is None and isinstance(node, Texts) and node.text.lower().endswith("khz"):
        factor, value = 1000.0, scalar(Texts((node.text[:-3],)))
    found = np.array([value]) if value is not None else numbers_in(node)
    if value is None and isinstance(node, Cells):
        each = [scalar(item) for item in node.items]
        found = np.array([v for v in each if v is not None]) if all(v is not None for v in each) else found
    usable = found.size and found.size < 5000 and bool(((found > 0) & (found < 1e7)).all())
    return found * factor if usable else np.empty(0)


def inventory(node: Node, most: int = 6) -> str:
    """What stands directly in a struct or file, with sizes, for a message."""
    while isinstance(node, Branch) and len(node.children) == 1 and isinstance(only := lone(next(iter(node.children.values()))), Branch):
        node = only
    if not isinstance(node, Branch) or not node.children:
        return "nothing"
    listed = [f"{name[:24]} ({size_words(child)})" for name, child in list(node.children.items())[:most]]
    rest = len(node.children) - len(listed)
    return ", ".join(listed) + (f" and {rest} more" if rest > 0 else "")
