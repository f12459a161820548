"""The recording in a tree of named arrays: by the layout of a known program, else by names, sizes, rates and clocks.

Nothing is guessed in silence: an axis that no label confirms is named in a warning, arrays that were not used are listed, and a file
without a rate is refused with what it holds and what to add.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.channels import side_of
from hipspine.formats.column_names import is_index, is_time, split_unit
from hipspine.formats.content import Content, Group
from hipspine.formats.events import canonical_event
from hipspine.formats.tree.channels import Found, found_in, group_of, joined_groups
from hipspine.formats.tree.layouts import LAYOUTS
from hipspine.formats.tree.nodes import Branch, Cells, Node, Numbers, Opaque, Texts, lone, numbers_in, places, scalar, size_words, texts_in
from hipspine.formats.tree.ours import is_ours, our_content
from hipspine.formats.tree.scope import Scope, inventory, scope_of
from hipspine.formats.tree.words import are_units, is_about, is_clock, is_mark, is_personal, is_rate, recording_stem, says_of_format, words
from hipspine.signals.recording import Event

_ADVICE = "add the sampling rate in Hz as 'fs' (and 'labels'), one recording per file, and save it again"
_LONGEST_UNIT = 16  # letters
_SKIPPED = ("support", "#refs#", "#subsystem#", "__globals__")  # statistics of OpenSignals; the cellars of MATLAB 7.3


@dataclass(slots=True)
class _Reading:
    """What has been found so far."""

    name: str
    format_name: str
    warnings: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def content_of(root: Branch, name: str, format_name: str) -> Content:
    """The content of a tree.

    Raises:
        FormatError: no samples, no rate, or several recordings in one file; with what was found.
    """
    if is_ours(root):
        return our_content(root, name)
    reading = _Reading(name, format_name)
    groups: tuple[Group, ...] = ()
    events: tuple[Event, ...] = ()
    for layout in LAYOUTS:
        if layout.fits(root):
            groups, events = layout.read(root, name, reading.warnings)
            break
    if not groups:
        groups, events = _by_names(root, reading)
    about, person = notes(root, shown_in(groups, events))
    return Content(groups, events, tuple(_without_titles(reading.warnings, root)), about, person, unit_note=_converter(root))


# ----------------------------------------------------------------------------------------------------------------- by names


def _by_names(root: Branch, reading: _Reading) -> tuple[tuple[Group, ...], tuple[Event, ...]]:
    scope = scope_of(root, skip=_SKIPPED)
    _refuse_several(scope, reading)
    for samples in scope.everything():
        found = found_in(samples, reading.warnings, reading.name)
        if isinstance(found, str):
            reading.unused.append(found)
        elif found.labels:
            reading.found.append(found)
    _told_apart(reading.found)
    _by_duration(reading)
    _by_company(reading)
    ready = [found for found in reading.found if found.rate_hz is not None]
    reading.unused.extend(f"{f.samples.path} ({size_words(f.samples.numbers)}, {f.why})" for f in reading.found if f.rate_hz is None)
    if not ready:
        raise _nothing(root, reading)
    if reading.unused:
        reading.warnings.append("not read: " + "; ".join(reading.unused[:5]) + _more(reading.unused, 5))
    _say_hidden(root, reading)
    return joined_groups([group_of(found) for found in ready]), _events(scope, ready)


def _told_apart(found: Sequence[Found]) -> None:
    """Labels that several structs or sides use alike carry the name of theirs: ``sensor1 acc``, ``emg_left gluteus_maximus``."""
    used: dict[str, set[str]] = {}
    titles = [each.samples.name if side_of(each.samples.name) else each.samples.scope.title for each in found]
    for each, title in zip(found, titles, strict=True):
        for label in each.labels:
            used.setdefault(label, set()).add(title)
    for each, title in zip(found, titles, strict=True):
        if title:
            each.labels = tuple(f"{title} {label}" if len(used[label]) > 1 and label != title else label for label in each.labels)


def _nothing(root: Branch, reading: _Reading) -> FormatError:
    """Why there is no recording in this file."""
    held = inventory(root)
    hidden = [f"{path} is {node.what}" for path, node in places(root) if isinstance(node, Opaque)]
    elsewhere = [path for path, node in places(root) if isinstance(node, Texts) and node.text.lower().endswith((".fdt", ".dat"))]
    external = [path for path in elsewhere if path.lower().endswith("data")]
    if external:
        return FormatError(f"{reading.name}: the samples stand in another file that {external[0]} names; save both as one file (EEGLAB: "
                           "'save as one file').")  # fmt: skip
    if reading.found:
        why = reading.found[0].why
        what = "says no sampling rate and no times for" if why == "no rate" else f"says {why} for"
        return FormatError(f"{reading.name}: {what} its samples; found {held}; {_ADVICE}.")
    if hidden:
        return FormatError(f"{reading.name}: {hidden[0]}, which only MATLAB can read; found {held}; save plain arrays: data = T.Variables; "
                           "labels = T.Properties.VariableNames; fs = 1000.")  # fmt: skip
    what = f"; {reading.unused[0]}" if reading.unused else ""
    return FormatError(f"{reading.name}: no samples of a recording; found {held}{what}; {_ADVICE}.")


def _more(listed: Sequence[str], most: int) -> str:
    return f"; and {len(listed) - most} more" if len(listed) > most else ""


def _say_hidden(root: Branch, reading: _Reading) -> None:
    hidden = [f"{path} ({node.what})" for path, node in places(root) if isinstance(node, Opaque)]
    if hidden:
        reading.warnings.append("cannot be read: " + "; ".join(hidden[:5]) + _more(hidden, 5))


def _refuse_several(scope: Scope, reading: _Reading) -> None:
    """Trials in an array of structs or in a cell are recordings of their own."""
    items = [inner for inner in scope.inner if inner.item]
    shapes: dict[str, set[tuple[tuple[str, int], ...]]] = {}
    count: dict[str, int] = {}
    for inner in items:
        stem = inner.path.rpartition("{")[0]
        members = tuple(sorted((s.name, min(s.numbers.shape)) for s in inner.everything()))
        named = any(len(said.texts) == 1 for said in inner.labels)
        if not named or len(members) > 1 or (members and members[0][1] > 1):
            shapes.setdefault(stem, set()).add(members)
            count[stem] = count.get(stem, 0) + 1
    for stem, found in shapes.items():
        if count[stem] > 1 and len(found) == 1:
            raise FormatError(f"{reading.name}: {stem} holds {count[stem]} recordings; save each as a file of its own.")
    numbered = [stem for inner in scope.inner if not inner.item and (stem := recording_stem(inner.title))]
    for stem in numbered:
        if numbered.count(stem) > 1:
            raise FormatError(f"{reading.name}: holds {numbered.count(stem)} recordings ({stem} 1, 2 ...); save each as a file of its own.")
    for inner in scope.inner:
        _refuse_several(inner, reading)
    cells: dict[str, int] = {}
    for s in scope.samples:
        if s.single and min(s.numbers.shape, default=0) > 1:
            cells[s.name] = cells.get(s.name, 0) + 1
    for name, several in cells.items():
        if several > 1 and not any(len(said.texts) == several for said in scope.labels):
            raise FormatError(f"{reading.name}: {name} holds {several} recordings (cells of matrices); save each as a file of its own.")


def _by_duration(reading: _Reading) -> None:
    """Two rates and two lengths: the pairs that last equally long belong together."""
    open_ = [f for f in reading.found if f.rate_hz is None and f.why.startswith("several")]
    if not open_:
        return
    rates = sorted({float(r) for scope in open_[0].samples.scope.around() for said in scope.rates for r in said.numbers})
    lengths = sorted({f.count for f in reading.found})
    if len(rates) != len(lengths) or len(rates) < 2:
        return
    lasting = [n / r for n, r in zip(lengths, rates, strict=True)]
    if max(lasting) - min(lasting) <= 2 / rates[0] + 1e-3 * max(lasting):
        for f in open_:
            f.rate_hz = rates[lengths.index(f.count)]
        listed = ", ".join(f"{rate:g} Hz for {n} samples" for n, rate in zip(lengths, rates, strict=True))
        reading.warnings.append(f"the rates were assigned by the common duration: {listed}")


def _by_company(reading: _Reading) -> None:
    """Arrays without a rate that are as long as those of one rate in the same struct share it."""
    ready = [f for f in reading.found if f.rate_hz is not None]
    for f in reading.found:
        same = {(r.rate_hz, r.start_s) for r in ready if r.count == f.count and r.samples.scope is f.samples.scope}
        if f.rate_hz is None and len(same) == 1:
            f.rate_hz, f.start_s = same.pop()
            reading.warnings.append(f"{f.samples.path} says no rate; it is as long as the others of {f.rate_hz:g} Hz and taken like them")


# ------------------------------------------------------------------------------------------------------------------- events


def _events(scope: Scope, ready: Sequence[Found]) -> tuple[Event, ...]:
    """Events beside the samples: structs of a label and a time or a sample, or a list of labels and one of times."""
    rate, start = ready[0].rate_hz or 1.0, ready[0].start_s
    out: list[Event] = []
    stack = [scope]
    while stack:
        here = stack.pop()
        stack.extend(here.inner)
        for name, raw in here.branch.children.items():
            if is_mark(name):
                out.extend(_marks(lone(raw), rate, start))
        out.extend(_pairs(here.branch, rate, start))
    return tuple(sorted(set(out), key=lambda event: (event.time_s, event.label)))


def _marks(node: Node | None, rate: float, start: float) -> list[Event]:
    items = node.items if isinstance(node, Cells) else [node] if isinstance(node, Branch) else []
    out = []
    for item in items[:100_000]:
        inside = lone(item)
        if isinstance(inside, Branch):
            out.extend(_pairs(inside, rate, start, all_marks=True))
    return out


_SAMPLE_KEYS, _TIME_KEYS = ("latency", "sample", "frame"), ("time", "times", "time_s", "onset", "positions", "position")
_WORD_KEYS = ("type", "label", "labels", "name", "names", "value", "description", "markers", "texts")


def _pairs(branch: Branch, rate: float, start: float, *, all_marks: bool = False) -> list[Event]:
    """Labels and moments of one struct; EEGLAB counts latencies in samples from 1."""
    marks = {key: node for key, node in branch.children.items() if all_marks or is_mark(key)}
    labels = next(
        (texts for key, node in marks.items() if (texts := _as_texts(node)) and set(words(key)) & {*_WORD_KEYS, "event", "events"}), ()
    )
    for key, node in marks.items():
        found, moments = set(words(key)), numbers_in(node)
        if not moments.size or moments.size != len(labels):
            continue
        if found & set(_TIME_KEYS):
            times = moments * (1e-3 if "ms" in found else 1.0)
        elif found & set(_SAMPLE_KEYS):
            times = start + (moments - 1) / rate
        else:
            continue
        return [_event(label, float(t)) for label, t in zip(labels, times, strict=True)]
    return []


def _as_texts(node: Node) -> tuple[str, ...]:
    lines = texts_in(node)
    value = scalar(node)
    return lines if any(lines) else (f"{value:g}",) if value is not None else ()


def _event(label: str, time_s: float) -> Event:
    name, side = canonical_event(label)
    return Event(name, time_s, side)


# ---------------------------------------------------------------------------------------------------------- about and person


def _without_titles(warnings: Sequence[str], root: Branch) -> list[str]:
    """Warnings without the name of the only variable or of a device: programs call these after the file or the person."""
    titles = {name: "" for name in root.children if len(root.children) == 1} | {name: "device." for name in root.children if ":" in name}
    out = list(warnings)
    for title, word in titles.items():
        out = [warning.replace(f"{title}.", word) for warning in out]
    return out


def shown_in(groups: Sequence[Group], events: Sequence[Event]) -> frozenset[str]:
    """Texts that are shown as labels already."""
    labels = {column.label for group in groups for column in group.columns}
    points = {label[:-2] for label in labels if label.endswith((".x", ".y", ".z"))}
    return frozenset(labels | points | {event.label for event in events})


def notes(root: Branch, shown: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts that may be shown, and everything else that is said in words or points at a person, each by its path.

    Args:
        root: of the tree.
        shown: labels of channels and events.
    """
    about: dict[str, str] = {}
    person: dict[str, str] = {}
    everything = [("", root), *places(root)]
    for path, node in everything[:5000]:
        if isinstance(node, Texts) or (isinstance(node, Numbers) and is_personal(path.rpartition(".")[2]) and node.size == 1):
            _note(path, node, about, person, shown)
        attributes: Mapping[str, Node] = node.attributes if isinstance(node, Branch | Numbers | Texts) else {}
        for key, value in attributes.items():
            if not says_of_format(key):
                _note(f"{path}.{key}" if path else key, value, about, person, shown)
    return about, person


def _note(path: str, node: Node, about: dict[str, str], person: dict[str, str], shown: frozenset[str]) -> None:
    key = path.rpartition(".")[2]
    value = scalar(node) if isinstance(node, Numbers) else None
    text = node.text if isinstance(node, Texts) else f"{value:g}" if value is not None else ""
    role = text_role(path, node.lines if isinstance(node, Texts) else (), shown)
    if not text or role == "technical":
        return
    if role == "about" and isinstance(node, Texts):
        about.setdefault(" ".join(words(key)), " ".join(text.split())[:200])
    elif isinstance(node, Texts) or is_personal(key):
        person.setdefault(path, text[:200])


def _is_shown(line: str, shown: frozenset[str]) -> bool:
    """Whether a text is the label of a channel, a clock or a counter, or of an event."""
    label, unit = split_unit(line)
    known = not line or line in shown or label in shown or canonical_event(line)[0] in shown
    return known or is_time(label, unit) or is_index(label)


def text_role(path: str, lines: Sequence[str], shown: frozenset[str]) -> str:
    """What a text is: "technical" (labels that are shown, units, rates), "about", or "person" for everything else.

    >>> labels = frozenset({"GMAX"})
    >>> [text_role(path, lines, labels) for path, lines in (("emg.labels", ["GMAX [mV]"]), ("info.name", ["Jo"]), ("info.device", ["D"]))]
    ['technical', 'person', 'about']
    """
    key = path.rpartition(".")[2]
    parts = lines if len(lines) != 1 else [part.strip() for part in lines[0].split(",")]
    if lines and (all(_is_shown(line, shown) for line in lines) or all(_is_shown(part, shown) for part in parts)):
        return "technical"
    if says_of_format(key) and set(words(key)) & {"matlab", "class", "version", "encoding", "dimension"}:
        return "technical"
    if are_units(key) and all(len(line) <= _LONGEST_UNIT for line in lines):
        return "technical"
    if (is_rate(key) or is_clock(key)) and all(any(letter.isdigit() for letter in line) and len(line) <= _LONGEST_UNIT for line in lines):
        return "person" if is_personal(key) or is_clock(key) else "technical"
    return "about" if is_about(key) else "person"


def _converter(root: Branch) -> str:
    """What samples without a unit are, where the file says how fine its converter is (OpenSignals)."""
    for _, node in [("", root), *places(root)]:
        if isinstance(node, Branch) and "resolution" in node.attributes:
            bits = numbers_in(node.attributes["resolution"])
            if bits.size and bool((bits == bits[0]).all()) and 4 <= bits[0] <= 32:
                return f"counts of a {int(np.round(bits[0]))}-bit converter"
    return ""
