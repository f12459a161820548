"""What an anonymised copy of a tree of arrays leaves out: texts that may name somebody, numbers of a person, names of places and days.

What is kept is a list, not what is removed: labels, units, rates, marks, and what may be shown of the device. A text of any other name
may hold anything, and is emptied.
"""

import re

from hipspine.formats.tree import Branch, Cells, Node, Numbers, Opaque, Texts
from hipspine.formats.tree_content import text_role
from hipspine.formats.tree_scope import SHORTEST
from hipspine.formats.tree_words import is_personal

_DEVICE_ADDRESS = re.compile(r"^([0-9A-Fa-f]{2}[:\-]){3,}[0-9A-Fa-f]{2}$")
_TITLES = ("data", "eeg", "emg", "recording", "root", "ans", "hipspine", "events", "noraxon_data")


def is_removed(path: str, node: Node, shown: frozenset[str]) -> bool:
    """Whether what stands under this path is emptied in a copy.

    Args:
        path: of the node.
        node: what stands there.
        shown: labels of channels and events, which stay.

    >>> [is_removed(path, Texts(("x",)), frozenset({"x"})) for path in ("EMG.labels", "info.subject")]
    [False, False]
    >>> import numpy as np
    >>> from hipspine.formats.tree import numbers_of
    >>> is_removed("info.subject", Texts(("Jo",)), frozenset({"x"})), is_removed("age", numbers_of(np.array([33.0])), frozenset())
    (True, True)
    """
    key = path.rpartition(".")[2].partition("{")[0]
    if isinstance(node, Texts):
        return any(node.lines) and not ours(path) and text_role(strip_places(path), node.lines, shown) == "person"
    if isinstance(node, Opaque):
        return True
    return isinstance(node, Numbers) and 0 < node.size < SHORTEST and is_personal(key)


def ours(path: str) -> bool:
    """Whether hipspine wrote the text, and knows that it holds nobody's name."""
    return path in ("hipspine.streams", "hipspine.about") or path.endswith((".kind", ".name", ".sides", ".muscles"))


def strip_places(path: str) -> str:
    """A path without the numbers of cells: ``channels{3}.name`` as ``channels.name``."""
    return re.sub(r"\{\d+\}", "", path)


def new_title(name: str, node: Node, alone: bool) -> str:
    """The name of a variable or group in a copy: programs call them after the file, the person or the address of the device."""
    if _DEVICE_ADDRESS.match(name):
        return "device"
    if alone and isinstance(node, Branch | Cells) and name.lower() not in _TITLES:
        return "recording"
    return name


def listed(paths: list[str], most: int = 12) -> tuple[str, ...]:
    """What was removed, by its place in the file and never by what it said."""
    named = sorted({strip_places(path) for path in paths})
    said = [f"{path} was emptied" for path in named[:most]]
    return (*said, f"and {len(named) - most} more texts") if len(named) > most else tuple(said)
