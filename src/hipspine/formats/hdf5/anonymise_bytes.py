"""An HDF5 or MATLAB 7.3 file without its person: written anew by h5py, object by object, so that no deleted byte survives.

Datasets of numbers are copied as they are stored. Personal texts and attributes are left out (MATLAB: emptied), references are set anew,
dates of objects are not kept, and groups that are named by the address of a device are renamed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.hdf5.tree import tree
from hipspine.formats.matlab.reader_bytes import header_notes
from hipspine.formats.matlab.userblock import HEADER_TEXT, USERBLOCK, put_header
from hipspine.formats.source import Source
from hipspine.formats.tree.content import content_of
from hipspine.formats.tree.nodes import Branch, Cells, Node, Numbers, Opaque, Texts
from hipspine.formats.tree.person import HEADER_SAID, is_removed, kept_in, listed, new_title
from hipspine.formats.tree.words import says_of_format

_CELLARS = ("#refs#", "#subsystem#")


def anonymised(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its person; what was removed, by the names of its fields.

    The copying is done in a process of its own: what damaged bytes do to the HDF5 library there is a sentence here.

    Raises:
        FormatError: the file cannot be read, or holds what cannot be copied.
    """
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.h5", Path(folder) / "after.h5"
        with before.open("wb") as file:
            for block in source.blocks():
                file.write(block)
        call = f"from {__name__} import main; main()"
        ran = subprocess.run([sys.executable, "-c", call, str(before), str(after), source.name], capture_output=True, check=False)
        if ran.returncode:
            raise FormatError(f"{source.name}: cannot be copied without its person (the HDF5 library gave up); convert it to CSV.")
        said = json.loads(ran.stdout)
        if "error" in said:
            raise FormatError(said["error"])
        with after.open("rb") as file:
            shutil.copyfileobj(file, out, 1 << 22)
    return tuple(said["removed"])


def main() -> None:
    """In the process of its own: copy the first file to the second; print what was removed, or what is wrong."""
    before, after, name = sys.argv[1:]
    try:
        said: dict[str, Any] = {"removed": _copied(Source(Path(before)), Path(after), name)}
    except FormatError as error:
        said = {"error": str(error).replace(Path(before).name, name)}
    print(json.dumps(said))


def _copied(source: Source, after: Path, name: str) -> tuple[str, ...]:
    root = tree(source)
    matlab = source.head.startswith(b"MATLAB 7.3")
    content = content_of(root, name, "MATLAB 7.3" if matlab else "HDF5")
    copy = _Copy(kept_in(root, content, name), root)
    try:
        with h5py.File(source.path) as old, h5py.File(after, "w", libver="earliest", userblock_size=USERBLOCK if matlab else 0) as new:
            copy.group(old, new, root, "")
            copy.point()
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: cannot be copied without its person ({type(error).__name__}); convert it to CSV.") from None
    if matlab:
        put_header(after, HEADER_TEXT)
    header = HEADER_SAID if matlab and header_notes(source) else ()
    return (*header, *listed(copy.removed))


class _Copy:
    def __init__(self, shown: frozenset[str], root: Branch) -> None:
        self.shown = shown
        self.removed: list[str] = []
        self.alone = len(root.children) == 1
        self.names: dict[str, str] = {}  # of an old object to that of its copy
        self.pending: list[tuple[Any, Any, Any]] = []  # datasets of references: old, copy's group, name
        self.new: Any = None
        self.cellar: Any = None

    def group(self, old: Any, new: Any, node: Node, path: str) -> None:
        self.new = self.new or new
        self.attributes(old, new, node, path)
        for name in old:
            if not path and name in _CELLARS:
                continue
            if not isinstance(old.get(name, getlink=True), h5py.HardLink):
                continue
            child = _child(node, name)
            self.member(old[name], new, name, child, f"{path}.{name}" if path else name)

    def member(self, item: Any, new: Any, name: str, node: Node | None, path: str) -> None:
        title = name if node is None or path != name else new_title(name, node, self.alone)
        if title in new:
            title = f"{title} {len(new) + 1}"
        if title != name:
            self.removed.append("the name of a group")
            path = path.removesuffix(name) + title
        self.names[item.name] = f"{new.name.rstrip('/')}/{title}"
        if isinstance(item, h5py.Group):
            if not isinstance(node, Opaque):
                self.group(item, new.create_group(title), node if node is not None else Branch({}), path)
            else:
                self.removed.append(path)
        elif node is None or (isinstance(node, Opaque) and not _refers(item)) or is_removed(path, node, self.shown):
            self.removed.append(path)
            self.empty(item, new, title)
        elif _refers(item):
            self.pending.append((item, new, title))
            self.cells(item, node, path)
        else:
            self.copy(item, new, title, node, path)

    def copy(self, item: Any, new: Any, title: str, node: Node | None, path: str) -> None:
        """The values as they are stored; the attributes one by one."""
        flags = h5py.h5p.create(h5py.h5p.OBJECT_COPY)
        flags.set_copy_object(h5py.h5o.COPY_WITHOUT_ATTR_FLAG)
        h5py.h5o.copy(item.parent.id, item.name.rpartition("/")[2].encode("utf-8"), new.id, title.encode("utf-8"), flags)
        self.attributes(item, new[title], node, path)

    def empty(self, item: Any, new: Any, title: str) -> None:
        """An emptied dataset: MATLAB keeps its class and says that it is empty; elsewhere a text without letters."""
        if "MATLAB_class" not in item.attrs:
            new.create_dataset(title, data=np.bytes_(b""), dtype="S1", track_times=False)
            return
        data = new.create_dataset(title, data=np.zeros(2, "<u8"), track_times=False)
        data.attrs.create("MATLAB_class", np.bytes_(b"char"))
        data.attrs.create("MATLAB_empty", np.uint8(1))

    def cells(self, item: Any, node: Node | None, path: str) -> None:
        """What the references of a cell point at, once each."""
        members = node.items if isinstance(node, Cells) else ()
        for i, ref in enumerate(np.ravel(item[()])):
            if not ref:
                continue
            target = item.file[ref]
            if target.name is None or target.name in self.names:
                continue
            cellar = self.new.require_group("#refs#")
            name = f"c{len(cellar) + 1}"
            child = members[i] if i < len(members) else Texts(("",)) if isinstance(node, Texts) else None
            if isinstance(node, Texts):
                self.names[target.name] = f"/#refs#/{name}"
                self.copy(target, cellar, name, child, path)
            else:
                self.member(target, cellar, name, child, f"{path}{{{i + 1}}}")

    def point(self) -> None:
        """The references of all cells, to the copies."""
        for item, group, title in self.pending:
            refs = [self.new[self.names[item.file[ref].name]].ref if ref else h5py.Reference() for ref in np.ravel(item[()])]
            data = np.empty(len(refs), dtype=h5py.ref_dtype)
            data[:] = refs
            copy = group.create_dataset(title, data=data.reshape(item.shape), dtype=h5py.ref_dtype, track_times=False)
            for key in item.attrs:
                if says_of_format(key):
                    copy.attrs[key] = item.attrs[key]

    def attributes(self, old: Any, new: Any, node: Node | None, path: str) -> None:
        found: Mapping[str, Node] = node.attributes if isinstance(node, Branch | Numbers | Texts) else {}
        for key in old.attrs:
            place = f"{path}.{key}" if path else key
            child = found.get(key)
            if key.startswith("MATLAB_"):
                new.attrs[key] = old.attrs[key]
            elif child is None or isinstance(child, Opaque) or is_removed(place, child, self.shown):
                if key not in ("DIMENSION_LIST", "REFERENCE_LIST"):
                    self.removed.append(place)
            else:
                new.attrs[key] = old.attrs[key]


def _refers(item: Any) -> bool:
    return h5py.check_ref_dtype(item.dtype) is not None


def _child(node: Node | None, name: str) -> Node | None:
    if isinstance(node, Branch):
        return node.children.get(name)
    if isinstance(node, Cells):  # an array of structs: its members are cells
        parts = [item.children.get(name) for item in node.items if isinstance(item, Branch)]
        texts = [part.lines[0] if isinstance(part, Texts) and part.lines else None for part in parts]
        if all(text is not None for text in texts):
            return Texts(tuple(text or "" for text in texts))
        return Cells(tuple(part for part in parts if part is not None))
    return None
