"""From an array and what is said around it to channels on a clock: which axis is time, the rate, labels and units."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.clock import clock_of
from hipspine.formats.column_names import is_index, is_time, split_unit
from hipspine.formats.content import Column, Group
from hipspine.formats.lazy import Lazy, selected
from hipspine.formats.tree.nodes import Branch, Numbers, lone, scalar, stacked, texts_in
from hipspine.formats.tree.scope import GENERIC, Said, Samples, Scope, scope_of
from hipspine.formats.tree.words import are_units, is_rate, seconds_per, words
from hipspine.terms import Floats

T = TypeVar("T")

_EPOCH_S = 1e7  # a clock that begins later counts from a date, not from the start of the recording
_DATENUM = 6e5  # days since the year 0
_DAY_S = 86400.0


@dataclass(slots=True, eq=False)
class Found:
    """Channels that belong together, and what is not yet known of them."""

    samples: Samples
    values: Lazy
    labels: tuple[str, ...]
    units: tuple[str, ...]
    hints: tuple[str, ...]
    labelled: bool  # the file gives the labels
    rate_hz: float | None
    start_s: float
    why: str = ""  # no rate

    @property
    def count(self) -> int:
        """Samples of each channel."""
        return self.values.shape[1]


def found_in(samples: Samples, warnings: list[str], name: str) -> Found | str:
    """The channels in an array, or why it cannot be used."""
    numbers = samples.numbers
    shape = tuple(n for n in numbers.shape if n != 1)
    if len(shape) > 2:
        return f"{samples.path} has {len(shape)} dimensions"
    axes = [i for i, n in enumerate(numbers.shape) if n != 1]
    given = _labels_for(samples, shape)
    axis = axes[0] if len(axes) == 1 else _time_axis(samples, numbers, axes, given, warnings)
    if axis is None:
        return f"{samples.path} is square and has no labels that tell its samples from its channels"
    values = numbers.channels(axis)
    values = _scaled(values, numbers)
    channels = values.shape[0]
    fitting = given if len(given) == channels else ()
    labels, units, hints = _named(samples, channels, fitting)
    found = Found(samples, values, labels, units, hints, bool(fitting), None, 0.0)
    _set_clock(found, warnings, name)
    return found


def _scaled(values: Lazy, numbers: Numbers) -> Lazy:
    """NWB and others keep a factor to the stated unit beside the numbers."""
    factor = scalar(numbers.attributes.get("conversion"))
    offset = scalar(numbers.attributes.get("offset")) or 0.0
    if factor is None or (factor == 1.0 and offset == 0.0):
        return values
    return Lazy(values.shape, lambda rows, start, stop: values.read(rows, start, stop) * factor + offset)


# -------------------------------------------------------------------------------------------------------- labels and units


def _relevant(path: str, scope: Scope) -> frozenset[str]:
    return frozenset(words(path)) | frozenset(words(scope.path))


def best(said: Iterable[T], of: Callable[[T], frozenset[str]], mine: frozenset[str]) -> list[T]:
    """Of several statements those that fit best: about these words, else about nothing in particular."""
    ranked = [(len(of(s) & mine), not of(s), s) for s in said]
    if not ranked:
        return []
    top = max((match, plain) for match, plain, _ in ranked)
    return [s for match, plain, s in ranked if (match, plain) == top] if top > (0, False) else []


def _labels_for(samples: Samples, shape: Sequence[int]) -> tuple[str, ...]:
    """The labels that are as many as the array has channels; the nearest struct decides, then the words of the name."""
    mine = _relevant(samples.path, samples.scope)
    for key, node in samples.numbers.attributes.items():
        lines = _split_list(texts_in(lone(node)), shape)
        if lines and len(lines) in (shape if len(shape) > 1 else (1,)) and not are_units(key) and not is_rate(key) and _is_label_key(key):
            return lines
    for scope in samples.scope.around():
        if samples.single and len(shape) == 1:
            rows = [s for s in scope.labels if len(s.texts) == samples.places]
            if rows:
                return ((best(rows, lambda s: s.of, mine) or rows)[0].texts[samples.place - 1],)
        fitting = [(s, _split_list(s.texts, shape)) for s in scope.labels]
        wanted = set(shape) if len(shape) > 1 else {1}
        fitting = [(s, lines) for s, lines in fitting if len(lines) in wanted and any(lines)]
        if len(shape) == 1 and (scope is not samples.scope or sum(1 for _ in scope.everything()) > 1):
            return ()
        chosen = best(fitting, lambda pair: pair[0].of, mine) or fitting
        if chosen:
            return chosen[0][1]
    return ()


def _is_label_key(key: str) -> bool:
    return bool(
        set(words(key)) & {"label", "labels", "channel", "channels", "name", "names", "columns", "muscle", "muscles", "title", "titles"}
    )


def _split_list(lines: tuple[str, ...], shape: Sequence[int]) -> tuple[str, ...]:
    """Labels that stand in one text with commas between them."""
    if len(lines) == 1 and len(shape) > 1:
        parts = tuple(part.strip().strip("'\"[]") for part in lines[0].replace(";", ",").split(","))
        if len(parts) in shape:
            return parts
    return lines


def _named(samples: Samples, channels: int, given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Labels, units and hints of the channels."""
    title = _title(samples)
    stem, unit = split_unit(title)
    if given:
        pairs = [split_unit(label) for label in given]
        raw, own = tuple(pair[0] for pair in pairs), tuple(pair[1] or unit for pair in pairs)
    elif channels == 1:
        raw, own = (stem,), (unit,)
    else:
        axes = "xyz" if channels == 3 and not set(words(title)) & (GENERIC | {"emg"}) else ""
        raw = tuple(f"{stem}.{axes[i]}" if axes else f"{stem} {i + 1}" for i in range(channels))
        own = (unit,) * channels
    units = _units_for(samples, channels) or own
    hints = tuple(title if given and not set(words(title)) & GENERIC and channels == 1 else "" for _ in range(channels))
    return raw, tuple(u or o for u, o in zip(units, own, strict=True)), hints


def _title(samples: Samples) -> str:
    """The name of an array; of one that is only called "data" the name of its struct."""
    plain = set(words(samples.name)) <= GENERIC
    label = next((texts_in(lone(samples.numbers.attributes[key])) for key in samples.numbers.attributes if _is_label_key(key)), ())
    if len(label) == 1 and label[0]:
        return label[0]
    if samples.single:
        return samples.path.rpartition(".")[2].replace("{", " ").rstrip("}")
    return samples.scope.title if plain and samples.scope.title else samples.name


def _units_for(samples: Samples, channels: int) -> tuple[str, ...]:
    for key, node in samples.numbers.attributes.items():
        lines = texts_in(lone(node))
        if are_units(key) and len(lines) in (1, channels):
            return lines * (channels if len(lines) == 1 else 1)
    mine = _relevant(samples.path, samples.scope)
    for scope in samples.scope.around():
        if samples.single and channels == 1 and (rows := [s for s in scope.units if len(s.texts) == samples.places]):
            return (rows[0].texts[samples.place - 1],)
        fitting = [s for s in scope.units if len(s.texts) in (1, channels)]
        chosen = best(fitting, lambda s: s.of, mine)
        if chosen:
            lines = max((s.texts for s in chosen), key=len)
            return lines * (channels if len(lines) == 1 else 1)
    return ()


# ---------------------------------------------------------------------------------------------------------- axes and clocks


def _time_axis(samples: Samples, numbers: Numbers, axes: Sequence[int], labels: tuple[str, ...], warnings: list[str]) -> int | None:
    """Along which of two axes the samples run: by labels, by a clock of that length, else the longer one."""
    first, second = (numbers.shape[i] for i in axes)
    if labels and first != second:
        return axes[0] if len(labels) == second else axes[1]
    clocks = {s.clock.size for scope in samples.scope.around() for s in scope.clocks if s.clock is not None}
    if first != second and len(clocks & {first, second}) == 1:
        return axes[0] if first in clocks else axes[1]
    if first == second:
        return axes[0] if labels else None
    if min(first, second) > 3 or max(first, second) < 8 * min(first, second):
        warnings.append(f"{samples.path} is {first} x {second} without labels that fit: its longer axis was taken as time")
    return axes[0] if first > second else axes[1]


def _set_clock(found: Found, warnings: list[str], name: str) -> None:
    """Rate and start, from the nearest struct that says one; a column of times among the channels comes first."""
    own = next((i for i, label in enumerate(found.labels) if found.labelled and is_time(label, found.units[i])), None)
    if own is not None:
        times = found.values[own] * (seconds_per(found.labels[own], found.units[own]) or 1.0)
        kept = [i for i in range(len(found.labels)) if i != own and not is_index(found.labels[i])]
        _keep(found, kept)
        _by_times(found, times, f"{name}: {found.samples.path}", warnings)
        return
    samples = found.samples
    mine = _relevant(samples.path, samples.scope)
    rates: list[float] = []
    clock: Said | None = None
    for scope in scope_of(Branch({}, samples.numbers.attributes), samples.path, samples.scope).around():
        rates = rates or _rates_of(scope, found, mine)
        fitting = [s for s in scope.clocks if s.clock is not None and s.clock.size == found.count]
        clock = clock or next(iter(best(fitting, lambda s: s.of, mine) or fitting), None)
        if len(rates) > 1 or (rates and samples.single):
            rates = _rate_of_cell(scope, samples) or rates
        if rates or clock:
            found.start_s = _start(scope, rates)
            break
    if len(rates) == 1:
        found.rate_hz = rates[0]
        if clock is not None and clock.clock is not None:
            _check(found, clock, name)
    elif rates:
        found.why = f"several rates ({', '.join(f'{rate:g}' for rate in rates[:4])} Hz)"
    elif clock is not None and clock.clock is not None:
        _by_times(found, _times(clock, name), f"{name}: {clock.path}", warnings)
    elif _first_column_is_time(found):
        warnings.append(f"the first column of {found.samples.path} rises evenly: it was taken as time in seconds")
        times = found.values[0]
        _keep(found, list(range(1, len(found.labels))))
        _by_times(found, times, f"{name}: {found.samples.path}", warnings)
    else:
        found.why = "no rate"


def _rates_of(scope: Scope, found: Found, mine: frozenset[str]) -> list[float]:
    """The distinct rates that a struct says of these channels."""
    chosen = best(scope.rates, lambda s: s.of, mine)
    if not chosen and len(scope.rates) == 1 and len({s.numbers.size for s in found.samples.scope.everything()}) == 1:
        chosen = scope.rates
    distinct: list[float] = []
    for said in chosen or scope.rates:
        values = said.numbers
        distinct.extend(float(v) for v in np.unique(values) if not any(np.isclose(v, d, rtol=1e-6) for d in distinct))
    return distinct


def _rate_of_cell(scope: Scope, samples: Samples) -> list[float]:
    """Of as many rates as the cell has arrays, the one of this array."""
    return [float(s.numbers[samples.place - 1]) for s in scope.rates if samples.single and s.numbers.size == samples.places][:1]


def _start(scope: Scope, rates: Sequence[float]) -> float:
    """Start of the first sample, where a struct says it; a count of days or a date is none."""
    for each in scope.around():
        if each.start_s is not None and abs(each.start_s) < _EPOCH_S:
            return each.start_s
        if each.first_frame is not None and len(rates) == 1:
            return (each.first_frame - 1) / rates[0]
    return 0.0


def _times(clock: Said, name: str) -> Floats:
    """The times of a clock in seconds.

    Raises:
        FormatError: it rises by one from sample to sample and nobody says whether these are milliseconds.
    """
    assert clock.clock is not None
    times = clock.clock.whole()
    if clock.factor is not None:
        times = times * clock.factor
    elif times.size > 2 and times[0] > _DATENUM and 0 < times[-1] - times[0] < 366:
        times = (times - times[0]) * _DAY_S
    elif times.size >= 100 and np.allclose(np.diff(times), 1.0, rtol=0, atol=1e-6):
        raise FormatError(
            f"{name}: {clock.path} rises by 1 from sample to sample; say in its name whether it is in s or ms (time_ms), or "
            "add the sampling rate as 'fs'."
        )
    return times - times[0] if times.size and abs(times[0]) > _EPOCH_S else times


def _by_times(found: Found, times: Floats, where: str, warnings: list[str]) -> None:
    clock = clock_of(times, where=where)
    warnings.extend(clock.warnings)
    found.rate_hz, found.start_s = clock.rate_hz, clock.start_s
    if clock.places is not None:
        spread = np.ascontiguousarray(clock.spread(found.values[:].T).T)
        found.values = Lazy((spread.shape[0], spread.shape[1]), lambda rows, start, stop: spread[rows, start:stop])


def _check(found: Found, clock: Said, name: str) -> None:
    """A rate and a clock that stand side by side must agree; the clock also says when the first sample was taken."""
    assert clock.clock is not None
    assert found.rate_hz is not None
    times = clock.clock.whole()
    if times.size < 2 or not np.isfinite(times[[0, -1]]).all() or times[-1] <= times[0]:
        return
    step = (times[-1] - times[0]) / (times.size - 1)
    for factor in [clock.factor] if clock.factor is not None else [1.0, 1e-3, _DAY_S]:
        if abs(step * factor * found.rate_hz - 1) < 0.01:
            found.start_s = float(times[0] * factor) if abs(times[0] * factor) < _EPOCH_S and factor != _DAY_S else 0.0
            return
    if clock.factor is None and abs(step - 1.0) < 1e-6:
        return  # a sample counter
    raise FormatError(
        f"{name}: {clock.path} steps by {step:.6g} ({1 / step:.6g} Hz if in seconds), but the file says {found.rate_hz:g} Hz; remove the "
        "one that is wrong and save it again."
    )


def _first_column_is_time(found: Found) -> bool:
    if found.labelled or len(found.labels) < 2 or found.count < 100:
        return False
    times = found.values[0]
    steps = np.diff(times)
    return bool(np.isfinite(times).all() and steps.min() > 0 and steps.max() < 0.1 and np.ptp(steps) < 0.02 * float(steps.mean()))


def _keep(found: Found, rows: list[int]) -> None:
    found.values = lazily(selected(found.values, rows, [1.0] * len(rows)))
    found.labels, found.units, found.hints = (tuple(part[i] for i in rows) for part in (found.labels, found.units, found.hints))


def lazily(values: object) -> Lazy:
    """Samples as `Lazy`, also those that are in memory."""
    if isinstance(values, Lazy):
        return values
    array = np.asarray(values, dtype=np.float64)
    return Lazy((array.shape[0], array.shape[1]), lambda rows, start, stop: array[rows, start:stop])


def group_of(found: Found) -> Group:
    """The group of channels whose rate is known."""
    assert found.rate_hz is not None
    columns = tuple(Column(label, unit, hint) for label, unit, hint in zip(found.labels, found.units, found.hints, strict=True))
    return Group(columns, found.values, found.rate_hz, found.start_s)


def joined_groups(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Groups of one clock and length as one."""
    members: dict[tuple[float, float, int], list[Group]] = {}
    for group in groups:
        members.setdefault((group.rate_hz, group.start_s, group.values.shape[1]), []).append(group)
    return tuple(
        Group(tuple(c for g in same for c in g.columns), stacked([lazily(g.values) for g in same]), rate_hz, start_s)
        for (rate_hz, start_s, _), same in members.items()
    )
