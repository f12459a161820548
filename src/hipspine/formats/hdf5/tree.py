"""An HDF5 file as a tree; MATLAB 7.3 with its own shapes: columns first, texts as numbers, structs as groups, cells as references."""

from collections.abc import Callable, Mapping
from functools import partial
from math import prod

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.hdf5.data import Unpacked, Values, flat_stretch, floats_in_box, stored
from hipspine.formats.hdf5.file import SPACE, TYPE, Collections, Message, Skeleton
from hipspine.formats.hdf5.types import Kind, attributes_of, first_of, is_dataset, kind_of, references, shape_of, value_node
from hipspine.formats.source import Source
from hipspine.formats.tree.nodes import Branch, Cells, Corner, Node, Numbers, Opaque, Texts, flat_numbers, numbers_of
from hipspine.terms import Floats

_DEEPEST = 24
_MOST = 200_000  # objects in a file
_LONGEST_TEXT = 4096
_NUMBERS, _ROOM = 200, 256 << 20  # bytes of numbers for each byte of file, and beyond: to look through more would take minutes
_CELLARS = ("#refs#", "#subsystem#")


def tree(source: Source) -> Branch:
    """All groups, datasets and attributes of a file.

    Raises:
        FormatError: no HDF5 file, damaged, or cut off.
    """
    return _Builder(Skeleton(source)).root()


class _Builder:
    def __init__(self, file: Skeleton) -> None:
        self.file, self.texts, self.unpacked = file, Collections(file), Unpacked(file.source.size)
        self.above: set[int] = set()  # groups that are being built: a link back to one of them is no member
        self.count = self.claimed = 0

    def root(self) -> Branch:
        node = self.node(self.file.root, "", 0)
        if not isinstance(node, Branch):
            raise self.file.damaged("its root is no group")
        return node

    def node(self, address: int, path: str, depth: int) -> Node:
        self.count += 1
        if self.count > _MOST:
            raise FormatError(f"{self.file.name}: HDF5 with more than {_MOST} objects; save the recording alone in a file.")
        messages = self.file.messages(address)
        attributes = attributes_of(self.file, messages, self.texts)
        if is_dataset(messages):
            return self.dataset(messages, attributes, path, depth)
        if depth > _DEEPEST or address in self.above:
            return Opaque("a group that holds itself")
        if "MATLAB_object_decode" in attributes or _class(attributes) in ("table", "timetable", "string", "datetime"):
            return Opaque("an object of MATLAB (table, timetable or string)")
        self.above.add(address)
        try:
            links = self.file.links(messages)
            children = {name: self.node(link, f"{path}/{name}", depth + 1) for name, link in links.items() if depth or name not in _CELLARS}
        finally:
            self.above.discard(address)
        return _structs(Branch(children, attributes))

    def dataset(self, messages: list[Message], attributes: Mapping[str, Node], path: str, depth: int) -> Node:
        kind_message, space = first_of(messages, TYPE), first_of(messages, SPACE)
        assert kind_message is not None
        assert space is not None
        kind, (shape, most) = kind_of(self.file, kind_message), shape_of(self.file, space.data)
        matlab = _class(attributes)
        if "MATLAB_object_decode" in attributes or matlab in ("string", "table", "timetable", "datetime", "categorical", "duration"):
            return Opaque("an object of MATLAB (table, timetable or string)")
        if matlab == "function_handle":
            return Opaque("a function")
        if shape is None or prod(shape) == 0 or "MATLAB_empty" in attributes:
            return _empty(matlab)
        if kind.size < 1 or kind.word in ("list", "other"):
            return Opaque("a list of lists" if kind.word == "list" else "an unknown datatype")
        values = Values(self.file, stored(self.file, messages, shape, most, kind.size, path), path, self.unpacked)
        self.claimed += prod(shape) * kind.size
        if self.claimed > _NUMBERS * self.file.source.size + _ROOM:
            raise FormatError(
                f"{self.file.name}: {path} and those before it claim {self.claimed / 1e6:.0f} MB of numbers in a file of "
                f"{self.file.source.size / 1e6:.1f} MB; no recording is so regular. Export it again."
            )
        if kind.word == "reference":
            return self._cells(values, path, depth)
        if kind.word == "record":
            return _record(values, kind, attributes)
        if kind.word != "number":
            node = value_node(self.file, kind, shape, values.whole(), self.texts)
            return Texts(node.lines, attributes) if isinstance(node, Texts) else node
        in_a_cell = path.endswith("}") and kind.dtype == np.dtype("<u2") and not kind.shape and prod(shape) == max(shape) < _LONGEST_TEXT
        if matlab == "char" or (in_a_cell and not matlab):  # other programs write cells of texts without naming the class
            return _characters(values, kind, shape)
        return _numbers(values, kind, attributes, turned=bool(matlab))

    def _cells(self, values: Values, path: str, depth: int) -> Node:
        if depth > _DEEPEST:
            return Opaque("cells that lie too deep in each other")
        addresses = references(self.file, values.whole())
        nodes = tuple(self.node(address, f"{path}{{{i}}}", depth + 1) for i, address in enumerate(addresses, 1) if address)
        if nodes and all(isinstance(node, Texts) and len(node.lines) <= 1 for node in nodes):
            return Texts(tuple(node.lines[0] if node.lines else "" for node in nodes if isinstance(node, Texts)))
        return Cells(nodes)


def _class(attributes: Mapping[str, Node]) -> str:
    node = attributes.get("MATLAB_class")
    return node.lines[0] if isinstance(node, Texts) and node.lines else ""


def _empty(matlab: str) -> Node:
    if matlab == "char":
        return Texts(("",))
    return Cells(()) if matlab == "cell" else Branch({}) if matlab == "struct" else numbers_of(np.empty((0, 0)))


def _structs(branch: Branch) -> Node:
    """An array of structs is a group without a class whose members are cells of one length."""
    cells = [child for child in branch.children.values() if isinstance(child, Cells)]
    texts = [child for child in branch.children.values() if isinstance(child, Texts)]
    lengths = {len(child.items) for child in cells} | {len(child.lines) for child in texts}
    if not cells or _class(branch.attributes) or len(cells) + len(texts) != len(branch.children) or len(lengths) != 1 or lengths <= {0, 1}:
        return branch
    rows: list[dict[str, Node]] = [{} for _ in range(lengths.pop())]
    for name, child in branch.children.items():
        for i, row in enumerate(rows):
            row[name] = child.items[i] if isinstance(child, Cells) else Texts((child.lines[i],)) if isinstance(child, Texts) else child
    return Cells(tuple(Branch(row) for row in rows))


def _record(values: Values, kind: Kind, attributes: Mapping[str, Node]) -> Node:
    """Records become a struct of one vector per member."""
    count = prod(values.stored.shape)
    children: dict[str, Node] = {}
    for name, place, member in kind.members:
        if member.word == "number" and member.dtype is not None:
            per = prod(member.shape)
            children[name] = Numbers((count, per) if per > 1 else (count,), partial(_field_box, values, member, place))
        else:
            children[name] = Opaque("texts in records")
    return Branch(children, attributes)


def _field_box(values: Values, member: Kind, place: int, low: Corner, high: Corner) -> Floats:
    assert member.dtype is not None
    start, stop = low[0], high[0]
    raw = values.flat(start, stop - start) if not values.stored.chunk else values.box(_void(values), (start,), (stop,)).tobytes()
    rows = np.frombuffer(raw, np.uint8).reshape(stop - start, values.stored.item)
    block = np.ascontiguousarray(rows[:, place : place + member.size]).view(member.dtype).astype(np.float64)
    block[~np.isfinite(block)] = np.nan
    return block[:, 0] if len(low) == 1 else block[:, low[1] : high[1]]


def _void(values: Values) -> "np.dtype[np.void]":
    return np.dtype((np.void, values.stored.item))


def _characters(values: Values, kind: Kind, shape: Corner) -> Texts:
    """MATLAB keeps a text as numbers of its letters; a char matrix has one line per row, which is the last axis here."""
    letters = np.frombuffer(values.whole(), kind.dtype).reshape(shape)
    rows = letters.reshape(-1, shape[-1]).T if letters.ndim > 1 else letters.reshape(1, -1)
    lines = (np.ascontiguousarray(row.astype("<u2")).tobytes().decode("utf-16-le", "replace") for row in rows[:10_000])
    return Texts(tuple(line.replace("\0", " ").strip() for line in lines))


def _numbers(values: Values, kind: Kind, attributes: Mapping[str, Node], *, turned: bool) -> Numbers:
    assert kind.dtype is not None
    shape = (*values.stored.shape, *kind.shape)
    if values.stored.chunk:
        box: Callable[[Corner, Corner], Floats] = partial(floats_in_box, values, kind.dtype, kind.shape)
        node = Numbers(shape, box, attributes)
    else:
        stretch = partial(flat_stretch, values, kind.dtype, prod(kind.shape))
        node = flat_numbers(shape, stretch, columns_first=False, attributes=attributes)
    return _turned(node) if turned else node


def _turned(node: Numbers) -> Numbers:
    """As MATLAB shows it: axes in reverse."""

    def box(low: Corner, high: Corner) -> Floats:
        return node.box(low[::-1], high[::-1]).transpose()

    return Numbers(node.shape[::-1], box, node.attributes)
