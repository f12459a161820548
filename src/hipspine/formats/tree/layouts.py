"""Layouts of known programs that names and sizes alone do not explain: LabChart, EMGworks, Qualisys, biomechZoo, OpenSignals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.column_names import split_unit
from hipspine.formats.content import Column, Group
from hipspine.formats.events import canonical_event
from hipspine.formats.lazy import Lazy
from hipspine.formats.tree.channels import joined_groups
from hipspine.formats.tree.nodes import Branch, Cells, Node, Numbers, Texts, lone, numbers_in, scalar, texts_in
from hipspine.signals.recording import Event
from hipspine.terms import Floats, StreamKind

Parts = tuple[tuple[Group, ...], tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """One program's way to lay out a recording."""

    name: str
    fits: Callable[[Branch], bool]
    read: Callable[[Branch, str, list[str]], Parts]


def _child(node: Node | None, *path: str) -> Node | None:
    for key in path:
        node = lone(node)
        node = node.children.get(key) if isinstance(node, Branch) else None
    return lone(node)


def _items(node: Node | None) -> list[Branch]:
    node = lone(node)
    nodes = node.items if isinstance(node, Cells) else (node,)
    return [inside for each in nodes if isinstance(inside := lone(each), Branch)]


def _part(values: Lazy, row: int, first: int, count: int) -> Lazy:
    """A stretch of one channel as a channel of its own."""
    return Lazy((1, count), lambda rows, start, stop: values.read(np.full(rows.size, row), first + start, first + stop))


def _rate(value: float | None, where: str) -> float:
    if value is None or not 0 < value < 1e7:
        raise FormatError(f"{where} gives no sampling rate; export the recording again.")
    return value


# ----------------------------------------------------------------------------------------------------------------- LabChart


def _is_labchart(root: Branch) -> bool:
    return {"data", "datastart", "dataend", "samplerate"} <= set(root.children)


def _labchart(root: Branch, name: str, warnings: list[str]) -> Parts:
    """All channels stand in one vector, one after the other; places count from 1."""
    del warnings
    data, starts = root.children["data"], root.children["datastart"]
    if not isinstance(data, Numbers) or not isinstance(starts, Numbers) or len(starts.shape) != 2:
        raise FormatError(f"{name}: a LabChart export whose 'data' or 'datastart' holds no numbers; export it again.")
    if starts.shape[1] != 1:
        raise FormatError(f"{name}: a LabChart export of {starts.shape[1]} blocks; select one block and export it as a file of its own.")
    firsts, lasts, rates = (numbers_in(root.children[key]) for key in ("datastart", "dataend", "samplerate"))
    titles, units = texts_in(root.children.get("titles")), texts_in(root.children.get("unittext"))
    which = numbers_in(root.children.get("unittextmap"))
    flat = data.channels(int(np.argmax(data.shape)))
    groups = []
    for i, (first, last) in enumerate(zip(firsts, lasts, strict=False)):
        if first < 1 or last < first:
            continue  # no samples of this channel in this block
        if flat.shape[0] != 1 or last > flat.shape[1]:
            raise FormatError(f"{name}: channel {i + 1} ends at {last:.0f}, 'data' has {data.size} numbers; export it again.")
        label = titles[i] if i < len(titles) else f"channel {i + 1}"
        unit = units[int(which[i]) - 1] if i < which.size and 1 <= which[i] <= len(units) else ""
        rate = _rate(float(rates[i]) if i < rates.size else float(rates[0]) if rates.size else None, f"{name}: channel {label!r}")
        groups.append(Group((Column(label, unit),), _part(flat, 0, int(first) - 1, int(last - first) + 1), rate, 0.0))
    return joined_groups(groups), _labchart_events(root)


def _labchart_events(root: Branch) -> tuple[Event, ...]:
    """Comments: channel, block, tick, type, number of the text."""
    com, texts, tick = root.children.get("com"), texts_in(root.children.get("comtext")), numbers_in(root.children.get("tickrate"))
    if not isinstance(com, Numbers) or len(com.shape) != 2 or com.shape[1] != 5 or not tick.size or com.size > 500_000:
        return ()
    rows = com.box((0, 0), (com.shape[0], com.shape[1]))
    found = [(int(row[4]) - 1, float(row[2]) / float(tick[0])) for row in rows if np.isfinite(row).all()]
    named = [(canonical_event(texts[i]), at) for i, at in found if 0 <= i < len(texts)]
    return tuple(sorted((Event(label, at, side) for (label, side), at in named), key=lambda event: event.time_s))


# ----------------------------------------------------------------------------------------------------------------- EMGworks


def _is_emgworks(root: Branch) -> bool:
    data, time = root.children.get("Data"), root.children.get("Time")
    both = isinstance(data, Numbers) and isinstance(time, Numbers) and data.shape == time.shape
    return both and "Channels" in root.children


def _emgworks(root: Branch, name: str, warnings: list[str]) -> Parts:
    """A row per channel with a row of times; slow channels are filled up at the end."""
    del warnings
    data, time = root.children["Data"], root.children["Time"]
    assert isinstance(data, Numbers)
    assert isinstance(time, Numbers)
    titles, rates = texts_in(root.children["Channels"]), numbers_in(root.children.get("Fs"))
    axis = 1 if data.shape[0] == len(titles) else 0
    values, times = data.channels(axis), time.channels(axis)
    if values.shape[0] != len(titles):
        raise FormatError(f"{name}: {len(titles)} names in 'Channels' for 'Data' of {data.shape[0]} x {data.shape[1]}; export it again.")
    groups = []
    for i, title in enumerate(titles):
        own = times[i]
        count = int(np.nanargmax(own)) + 1 if np.isfinite(own).any() else 0
        if count < 2:
            continue
        seen = (count - 1) / float(own[count - 1] - own[0])
        rate = float(rates[i]) if rates.size == len(titles) else float(rates[0]) if rates.size == 1 else round(seen, 4)
        if not 0.98 < rate / seen < 1.02:
            raise FormatError(
                f"{name}: channel {title!r} has {rate:g} Hz in 'Fs', but its times step by {1 / seen:.6g} s; export it again."
            )
        label, unit = split_unit(title)
        groups.append(Group((Column(label, unit),), _part(values, i, 0, count), rate, float(own[0])))
    return joined_groups(groups), ()


# ----------------------------------------------------------------------------------------------------------------- Qualisys


def _qualisys_root(root: Branch) -> Branch | None:
    inside = [lone(child) for child in root.children.values()]
    for branch in [root, *(each for each in inside if isinstance(each, Branch))]:
        if "FrameRate" in branch.children and {"Trajectories", "Analog", "Force", "Frames"} & set(branch.children):
            return branch
    return None


def _qualisys(root: Branch, name: str, warnings: list[str]) -> Parts:
    """Analog boards, labelled trajectories, force plates and events; frame 1 is time zero."""
    top = _qualisys_root(root)
    assert top is not None
    rate = _rate(scalar(top.children.get("FrameRate")), f"{name}: 'FrameRate'")
    start_s = ((scalar(top.children.get("StartFrame")) or 1.0) - 1.0) / rate
    groups = [*_boards(top, name, start_s), *_trajectories(top, rate, start_s), *_plates(top, rate, start_s)]
    others = [key for key in ("RigidBodies", "Skeletons") if key in top.children]
    if others:
        warnings.append(f"not read: {', '.join(others)} of Qualisys")
    events = [
        Event(*canonical_event(label)[:1], at, canonical_event(label)[1])
        for each in _items(top.children.get("Events"))
        if (label := _word(each, "Label", "label")) and (at := _number(each, "Time", "time")) is not None
    ]
    return joined_groups(groups), tuple(sorted(events, key=lambda event: event.time_s))


def _word(branch: Branch, *keys: str) -> str:
    return next((lines[0] for key in keys if (lines := texts_in(branch.children.get(key)))), "")


def _number(branch: Branch, *keys: str) -> float | None:
    return next((value for key in keys if (value := scalar(branch.children.get(key))) is not None), None)


def _boards(top: Branch, name: str, start_s: float) -> list[Group]:
    groups = []
    for board in _items(top.children.get("Analog")):
        data, labels = _child(board, "Data"), texts_in(board.children.get("Labels"))
        if not isinstance(data, Numbers) or not data.size or len(data.shape) != 2:
            continue
        rate = _rate(_number(board, "Frequency", "SampleRate"), f"{name}: the analog board {_word(board, 'BoardName')!r}")
        values = data.channels(1 if data.shape[0] == len(labels) or data.shape[1] > data.shape[0] else 0)
        titles = labels if len(labels) == values.shape[0] else tuple(f"analog {i + 1}" for i in range(values.shape[0]))
        groups.append(Group(tuple(Column(*split_unit(title)) for title in titles), values, rate, start_s))
    return groups


def _trajectories(top: Branch, rate: float, start_s: float) -> list[Group]:
    labelled = _child(top, "Trajectories", "Labeled")
    data = _child(labelled, "Data")
    labels = texts_in(_child(labelled, "Labels"))
    if not isinstance(data, Numbers) or len(data.shape) not in (2, 3) or not labels:
        return []
    shape = data.shape if len(data.shape) == 3 else (*data.shape, 1)
    if shape[0] != len(labels) or shape[1] < 3:
        return []
    box = data.box

    def read(rows: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]", start: int, stop: int) -> Floats:
        whole = box((0, 0, start)[: len(data.shape)], (shape[0], 3, stop)[: len(data.shape)])
        return whole.reshape(shape[0] * 3, stop - start)[rows]

    columns = tuple(Column(f"{label}.{axis}", "mm", "", StreamKind.MARKER, "markers") for label in labels for axis in "xyz")
    return [Group(columns, Lazy((3 * shape[0], shape[2]), read), rate, start_s)]


def _plates(top: Branch, rate: float, start_s: float) -> list[Group]:
    groups = []
    for i, plate in enumerate(_items(top.children.get("Force")), 1):
        own = _number(plate, "Frequency") or rate
        for key, stem, unit in (("Force", "F", "N"), ("Moment", "M", "Nm"), ("COP", "COP", "mm")):
            data = _child(plate, key)
            if isinstance(data, Numbers) and len(data.shape) == 2 and 3 in data.shape and data.size:
                values = data.channels(1 if data.shape[0] == 3 else 0)
                columns = tuple(Column(f"{stem}{axis}{i}", unit, "", StreamKind.FORCE, f"force plate {i}") for axis in "xyz")
                groups.append(Group(columns, values, own, start_s))
    return groups


# --------------------------------------------------------------------------------------------------------------- biomechZoo


def _zoo_root(root: Branch) -> Branch | None:
    top = lone(root.children.get("data"))
    return top if isinstance(top, Branch) and isinstance(lone(top.children.get("zoosystem")), Branch) else None


def _zoo(root: Branch, name: str, warnings: list[str]) -> Parts:
    """``data.<channel>.line`` with events beside it; which rate is whose stands in ``zoosystem``."""
    top = _zoo_root(root)
    assert top is not None
    system = top.children["zoosystem"]
    rates = {part: scalar(_child(system, part, "Freq")) for part in ("Analog", "Video")}
    listed = {part: set(texts_in(_child(system, part, "Channels"))) for part in rates}
    frame = scalar(_child(system, "Video", "ORIGINAL_START_FRAME")) or 1.0
    start_s = (frame - 1.0) / rates["Video"] if rates["Video"] else 0.0
    lines = {
        key: line
        for key, child in top.children.items()
        if key != "zoosystem" and isinstance(line := _child(child, "line"), Numbers) and line.size > 1
    }
    if not lines:
        raise FormatError(f"{name}: a biomechZoo file without a channel that has a 'line'; export it again.")
    groups, events = [], []
    for key, line in lines.items():
        part = "Analog" if key in listed["Analog"] else "Video"
        if not rates[part]:
            warnings.append(f"not read: {key}, zoosystem.{part}.Freq is missing")
            continue
        rate = _rate(rates[part], f"{name}: zoosystem.{part}.Freq")
        values = line.channels(int(np.argmax(line.shape)))
        labels = [key] if values.shape[0] == 1 else [f"{key}.{a}" for a in _axes(values.shape[0])]
        unit = _zoo_unit(system, part, key, StreamKind.MARKER if values.shape[0] == 3 else None)
        groups.append(Group(tuple(Column(*((label, unit) if unit else split_unit(label))) for label in labels), values, rate, start_s))
        events.extend(_zoo_events(top.children[key], rate, start_s))
    if not groups:
        raise FormatError(f"{name}: a biomechZoo file without the rates zoosystem.Video.Freq and zoosystem.Analog.Freq; add them.")
    return joined_groups(groups), tuple(sorted(set(events), key=lambda event: (event.time_s, event.label)))


def _axes(count: int) -> Sequence[str]:
    return "xyz" if count == 3 else [str(i + 1) for i in range(count)]


def _zoo_unit(system: Node, part: str, key: str, kind: StreamKind | None) -> str:
    if key.endswith(("Angles", "Angles_x", "Angles_y", "Angles_z")):
        return "deg"
    given = _child(system, "Units", "Markers" if kind is StreamKind.MARKER and part == "Video" else "EMG")
    return given.text if isinstance(given, Texts) and kind is StreamKind.MARKER and part == "Video" else ""


def _zoo_events(channel: Node, rate: float, start_s: float) -> list[Event]:
    """``event.<name>`` is (sample from 1, value, 0)."""
    marks = _child(channel, "event")
    out = []
    for key, node in marks.children.items() if isinstance(marks, Branch) else ():
        place = numbers_in(node)
        if place.size == 3 and place[0] >= 1:
            label, side = canonical_event(key.rstrip("0123456789"))
            out.append(Event(label, start_s + (float(place[0]) - 1.0) / rate, side))
    return out


# -------------------------------------------------------------------------------------------------------------- OpenSignals


def _devices(root: Branch) -> list[tuple[str, Branch]]:
    found = [(key, lone(child)) for key, child in root.children.items()]
    return [
        (key, child) for key, child in found
        if isinstance(child, Branch) and "sampling rate" in child.attributes and isinstance(child.children.get("raw"), Branch)
    ]  # fmt: skip


def _opensignals(root: Branch, name: str, warnings: list[str]) -> Parts:
    """A group per device, named by its address; raw counts per channel, digital lines beside them; its statistics are left out."""
    del warnings
    groups = []
    devices = _devices(root)
    for number, (_, device) in enumerate(devices, 1):
        rate = _rate(scalar(device.attributes["sampling rate"]), f"{name}: the attribute 'sampling rate' of device {number}")
        sensors = texts_in(device.attributes.get("sensor"))
        analog = [key for key in _children(device, "raw") if key.startswith("channel")]
        tail = f" device {number}" if len(devices) > 1 else ""
        for part in ("raw", "digital"):
            for key, node in _children(device, part).items():
                if not isinstance(node, Numbers) or key == "nSeq" or max(node.shape, default=0) < 2:
                    continue
                sensor = sensors[analog.index(key)] if key in analog and len(sensors) == len(analog) else ""
                values = node.channels(int(np.argmax(node.shape)))
                label = f"{sensor} {key}".strip() + tail
                groups.append(Group((Column(label, "", sensor),), values, rate, 0.0))
    if not groups:
        raise FormatError(f"{name}: an OpenSignals file without samples in its group 'raw'; record or export it again.")
    return joined_groups(groups), ()


def _children(device: Branch, part: str) -> dict[str, Node]:
    node = device.children.get(part)
    return dict(node.children) if isinstance(node, Branch) else {}


LAYOUTS = (
    Layout("LabChart", _is_labchart, _labchart),
    Layout("EMGworks", _is_emgworks, _emgworks),
    Layout("Qualisys", lambda root: _qualisys_root(root) is not None, _qualisys),
    Layout("biomechZoo", lambda root: _zoo_root(root) is not None, _zoo),
    Layout("OpenSignals", lambda root: bool(_devices(root)), _opensignals),
)
