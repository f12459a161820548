"""What an anonymised copy of a tree of arrays leaves out: texts that may name somebody, numbers of a person, names of places and days.

What is kept is a list, not what is removed: labels, units, rates, marks, and what may be shown of the device. A text of any other name
may hold anything, and is emptied.
"""

import re

from hipspine.anatomy.names import resolve
from hipspine.errors import FormatError
from hipspine.formats.content import Content
from hipspine.formats.personal import personal_texts, texts_pattern
from hipspine.formats.tree.content import shown_in, text_role
from hipspine.formats.tree.nodes import Branch, Cells, Node, Numbers, Opaque, Texts, places
from hipspine.formats.tree.ours import is_ours
from hipspine.formats.tree.scope import SHORTEST
from hipspine.formats.tree.words import is_personal, words

HEADER_SAID = ("the text of the header (platform, date) was replaced",)
_DEVICE_ADDRESS = re.compile(r"^([0-9A-Fa-f]{2}[:\-]){3,}[0-9A-Fa-f]{2}$")
_OURS = (".kind", ".name", ".sides", ".muscles")
_NAMES = {"name", "subject", "patient", "participant", "surname", "firstname", "lastname", "client", "nom", "nombre", "nome", "id", "code"}
_ORDINARY = {
    "left",
    "right",
    "test",
    "none",
    "unknown",
    "male",
    "female",
    "subject",
    "patient",
    "trial",
    "signal",
    "channel",
    "name",
    "time",
}
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
    >>> from hipspine.formats.tree.nodes import numbers_of
    >>> is_removed("info.subject", Texts(("Jo",)), frozenset({"x"})), is_removed("age", numbers_of(np.array([33.0])), frozenset())
    (True, True)
    """
    key = path.rpartition(".")[2].partition("{")[0]
    if isinstance(node, Texts):
        return any(node.lines) and text_role(strip_places(path), node.lines, shown) != "technical"
    if isinstance(node, Opaque):
        return True
    return isinstance(node, Numbers) and 0 < node.size < SHORTEST and is_personal(key)


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


def kept_in(root: Branch, content: Content, name: str) -> frozenset[str]:
    """Texts that stay: labels of channels and events, and in a file of hipspine what it wrote itself.

    Raises:
        FormatError: a label, a variable or a field is called like the person, so that no emptied text would help.
    """
    labels = shown_in(content.groups, content.events)
    _refuse_names(root, content, labels, name)
    labels |= _remarks(root, content, labels)
    if not is_ours(root):
        return labels
    own = [node for path, node in places(root) if path in ("hipspine.streams", "hipspine.about") or path.endswith(_OURS)]
    return labels | {line for node in own if isinstance(node, Texts) for line in node.lines}


def _remarks(root: Branch, content: Content, labels: frozenset[str]) -> frozenset[str]:
    """What the file says of device, filters and task, where it does not name its person."""
    names = texts_pattern(text for _, text in personal_texts(content.person))
    nodes = [("", root), *places(root)]
    for path, node in list(nodes):
        attributes = node.attributes if isinstance(node, Branch | Numbers | Texts) else {}
        nodes += [(f"{path}.{key}", child) for key, child in attributes.items()]
    about = [node.lines for path, node in nodes if isinstance(node, Texts) and text_role(strip_places(path), node.lines, labels) == "about"]
    return frozenset(line for lines in about for line in lines if not (names and any(map(names.search, lines))))


def _refuse_names(root: Branch, content: Content, labels: frozenset[str], name: str) -> None:
    texts = " ".join(text for path, text in content.person.items() if set(words(path.rpartition(".")[2])) & _NAMES)
    looked = {word for word in re.findall(r"[^\W\d_]{4,}", texts.lower()) if resolve(word).muscle is None} - set(_TITLES) - _ORDINARY
    alone = len(root.children) == 1
    titles = {path for path, _ in places(root)} if not alone else {path.partition(".")[2] for path, _ in places(root)}
    for title in (*labels, *titles):
        if looked & set(re.findall(r"[^\W\d_]{4,}", title.lower())):
            raise FormatError(
                f"{name}: a variable, field or label is called by a word of the person's name or code; rename it before the copy is made, "
                "or use hipspine convert, which crosses it out."
            )
