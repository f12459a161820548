"""Events in a text file beside a recording: ``walk_events.csv`` or ``walk_cycles.csv`` for ``walk.c3d`` or ``walk_emg.csv``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.column_names import is_time, split_unit, time_factor
from hipspine.formats.events import canonical_event
from hipspine.formats.source import Source
from hipspine.formats.text.layout import layout_of
from hipspine.formats.text.scan import scanned
from hipspine.signals.recording import Event
from hipspine.terms import Floats

_ENDINGS = ("_cycles", "_events")
_SUFFIXES = (".csv", ".tsv", ".txt")
_LARGEST = 10_000_000  # bytes; a list of moments is never that long
_LABELS = ("label", "event", "name", "ereignis", "événement", "evenement", "evento", "description")
_SIDES = ("side", "seite", "côté", "cote", "lado", "lato", "context")
_KNOWN = ("foot strike", "foot off", "movement start", "movement end", "cue")


def is_events_table(labels: Sequence[str]) -> bool:
    """Whether every column is the time of a known event, as in ``touchdown_s,stance_end_s``."""
    return bool(labels) and all(canonical_event(label)[0] in _KNOWN for label in labels)


def sibling_events(path: Path, warnings: list[str]) -> list[Event]:
    """Events from the file beside this recording, and a warning that says so; none, and a warning, if it cannot be read."""
    stem = path.stem
    stems = dict.fromkeys([stem, stem.removesuffix("_emg"), stem.removesuffix("_EMG")])
    suffixes = dict.fromkeys([*([path.suffix] if path.suffix.lower() in _SUFFIXES else []), *_SUFFIXES])
    for beside in (path.with_name(f"{one}{ending}{suffix}") for suffix in suffixes for one in stems for ending in _ENDINGS):
        if beside != path and beside.is_file() and beside.stat().st_size <= _LARGEST:
            try:
                events = _events(beside)
            except FormatError as error:
                warnings.append(f"events beside the recording could not be read: {error}")
                return []
            sides = "" if any(event.side for event in events) else "; it does not say of which side they are"
            counts = {label: sum(event.label == label for event in events) for label in dict.fromkeys(event.label for event in events)}
            listed = ", ".join(f"{count} x {label}" for label, count in counts.items())
            warnings.append(f"events were read from {beside.name} beside the recording ({listed}){sides}")
            return events
    return []


def _events(path: Path) -> list[Event]:
    """One kind of event per column of times, or one event per row with columns for time, label and side."""
    source = Source(path)
    layout = layout_of(source, wordy=True)
    table = scanned(source, layout, markers=0)
    values = np.asarray(table.values)
    split = [split_unit(name) for name in layout.names]
    if table.words:
        return _row_wise(path, [label.lower() for label, _ in split], [unit for _, unit in split], values, table.cells)
    events: list[Event] = []
    for k, (label, unit) in enumerate(split):
        name, side = canonical_event(label)
        times = values[k] * time_factor(unit)
        events.extend(Event(name, float(time), side) for time in times[np.isfinite(times)] if label)
    if not events:
        raise FormatError(
            f"{path.name}: expected columns of times such as touchdown_s, or columns time_s, label, side; found {', '.join(layout.names)}."
        )
    return events


def _row_wise(path: Path, labels: list[str], units: list[str], values: Floats, cells: dict[int, dict[int, str]]) -> list[Event]:
    wordy = {k for row in cells.values() for k in row}
    at = next((k for k, label in enumerate(labels) if label.startswith("time") or is_time(label, units[k])), None)
    what = next((k for k, label in enumerate(labels) if k in wordy and label in _LABELS), None)
    if at is None or what is None:
        raise FormatError(f"{path.name}: expected the columns time_s and label (and side); found {', '.join(labels)}.")
    side = next((k for k, label in enumerate(labels) if k in wordy and label in _SIDES), -1)
    times = values[at] * time_factor(units[at])
    events = []
    for i in np.flatnonzero(np.isfinite(times)):
        row = cells.get(int(i), {})
        name, of = canonical_event(row.get(what, ""), row.get(side, ""))
        events.append(Event(name, float(times[i]), of))
    return events
