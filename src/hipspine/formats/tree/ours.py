"""How hipspine itself lays out a recording in a MATLAB or an HDF5 file: plain arrays that anybody can use, and a note beside them.

``emg.data`` (sample, channel), ``emg.fs``, ``emg.labels``, ``emg.units``, ``emg.start_s``; ``events.labels``, ``events.times_s``,
``events.sides``; and ``hipspine.streams`` with what the arrays alone cannot say.
"""

import json
from collections.abc import Iterator, Mapping

from hipspine.errors import FormatError
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.ours import statement_of
from hipspine.formats.tree.nodes import Branch, Node, Numbers, Texts, lone, numbers_in, scalar, texts_in
from hipspine.signals.recording import Event, Recording, Stream
from hipspine.terms import Side, StreamKind

NOTE = "hipspine"
VERSION = 1.0


def is_ours(root: Branch) -> bool:
    """Whether hipspine wrote this tree."""
    note = root.children.get(NOTE)
    return isinstance(note, Branch) and isinstance(note.children.get("streams"), Texts)


def stream_names(recording: Recording) -> tuple[str, ...]:
    """A plain name for each stream: emg, angle, emg_2."""
    seen: dict[str, int] = {}
    names = []
    for stream in recording.streams:
        seen[stream.kind] = seen.get(stream.kind, 0) + 1
        names.append(f"{stream.kind}" + (f"_{seen[stream.kind]}" if seen[stream.kind] > 1 else ""))
    return tuple(names)


def written(mapping: Mapping[str, str]) -> str:
    """Notes as one line of ASCII."""
    return json.dumps(dict(mapping), ensure_ascii=True)


def named_streams(recording: Recording) -> Iterator[tuple[str, Stream]]:
    """The streams with samples, each with its plain name."""
    for name, stream in zip(stream_names(recording), recording.streams, strict=True):
        if stream.values.shape[1]:
            yield name, stream


def our_content(root: Branch, name: str) -> Content:
    """The content of a tree that hipspine wrote.

    Raises:
        FormatError: the arrays do not fit what is written beside them.
    """
    note = root.children[NOTE]
    assert isinstance(note, Branch)
    statement = statement_of(_text(note, "streams"), name)
    groups = tuple(_group(key, node, name) for key, node in root.children.items() if isinstance(node, Branch) and "data" in node.children)
    return Content(
        groups,
        _events(root, name),
        about=_notes(_text(note, "about"), name),
        person=_notes(_text(note, "person"), name),
        statement=statement,
        units_stated=True,
    )


def _group(key: str, branch: Branch, name: str) -> Group:
    data = lone(branch.children.get("data"))
    labels, units = (texts_in(branch.children.get(part)) for part in ("labels", "units"))
    rate, start = (scalar(branch.children.get(part)) for part in ("fs", "start_s"))
    if not isinstance(data, Numbers) or len(data.shape) != 2 or rate is None or rate <= 0:
        raise FormatError(f"{name}: the stream {key!r} lacks its data (samples x channels) or its rate 'fs'; write the file again.")
    if not data.shape[1] == len(labels) == len(units):
        raise FormatError(
            f"{name}: the stream {key!r} has {data.shape[1]} columns, {len(labels)} labels and {len(units)} units; write the file again."
        )
    try:
        kind = StreamKind("".join(texts_in(branch.children.get("kind"))))
    except ValueError:
        kind = None
    title = "".join(texts_in(branch.children.get("name")))
    columns = tuple(Column(label, unit, "", kind, title) for label, unit in zip(labels, units, strict=True))
    return Group(columns, data.channels(0), rate, start or 0.0)


def _events(root: Branch, name: str) -> tuple[Event, ...]:
    node = root.children.get("events")
    if not isinstance(node, Branch):
        return ()
    labels, sides, times = (
        texts_in(node.children.get("labels")),
        texts_in(node.children.get("sides")),
        numbers_in(node.children.get("times_s")),
    )
    if not len(labels) == len(sides) == times.size:
        raise FormatError(f"{name}: there are {len(labels)} event labels, {times.size} times and {len(sides)} sides; write the file again.")
    return tuple(
        Event(label, float(time), Side(side) if side in ("left", "right") else None)
        for label, side, time in zip(labels, sides, times, strict=True)
    )


def _text(branch: Branch, key: str) -> str:
    node: Node | None = branch.children.get(key)
    return node.lines[0] if isinstance(node, Texts) and node.lines else ""


def _notes(text: str, name: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        return {str(key): str(value) for key, value in json.loads(text).items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise FormatError(f"{name}: the notes that hipspine wrote are damaged ({type(error).__name__}); write the file again.") from None
