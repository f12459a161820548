"""Properties of the elements of a model: numbers, flags and names, each checked where it is read.

A property that an element does not state stands in the ``<defaults>`` of the file, for all elements of its class; where it is not there
either, OpenSim's own default holds, which the caller gives.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hipspine.anatomy.body_parts import Vector
from hipspine.errors import FormatError
from hipspine.formats.osim.xml import Node
from hipspine.formats.reader import one_sentence

ASIDE = ("Marker", "Controller", "Probe", "Reporter", "ContactGeometry", "ContactMesh", "ContactSphere", "ContactHalfSpace", "Geometry")
"""Ends of the classes that OpenSim 4 may keep among a model's components and that are neither part of a body nor a force."""

_TRUE, _FALSE = ("true", "1"), ("false", "0")
_MOST = 1000  # numbers of one property
_LARGEST = 1e9  # of any number: in metres, newtons, kilograms and radians far beyond a body


@dataclass(slots=True)
class Document:
    """A model under reading: where it comes from, its defaults, and what was left out so far."""

    where: str  # name of the file
    model: Node
    version: int
    defaults: dict[str, Node] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)  # sentence with {n} -> how often
    named: dict[str, list[str]] = field(default_factory=dict)  # sentence -> names

    def wrong(self, node: Node | str, what: str) -> FormatError:
        """The error that says which element of which file is wrong."""
        place = node if isinstance(node, str) else f"{node.called} of {node.within}" if node.within else node.called
        return FormatError(f"{self.where}: {place}: {what}")

    def leave(self, sentence: str, name: str = "") -> None:
        """Note what is left out; ``{n}`` becomes the count and ``{names}`` the names."""
        self.left[sentence] += 1
        if name:
            self.named.setdefault(sentence, []).append(name)

    def sentences(self) -> tuple[str, ...]:
        """What was left out, one sentence each."""
        said = (text.replace("{n}", str(n)).replace("{names}", listed(self.named.get(text, []))) for text, n in self.left.items())
        return tuple(map(one_sentence, said))

    def find(self, node: Node, *tags: str) -> Node | None:
        """The property under the first of its names that the element or the defaults of its class state."""
        found = next((child for tag in tags if (child := node.child(tag)) is not None), None)
        if found is None and (default := self.defaults.get(node.tag)) is not None and default is not node:
            found = next((child for tag in tags if (child := default.child(tag)) is not None), None)
        return found

    def word(self, node: Node, *tags: str, default: str = "") -> str:
        """A property that is a word."""
        found = self.find(node, *tags)
        return found.text if found is not None else default

    def flag(self, node: Node, *tags: str, default: bool) -> bool:
        """A property that is true or false."""
        text = self.word(node, *tags).lower()
        if not text:
            return default
        if text not in _TRUE + _FALSE:
            raise self.wrong(node, f"{tags[0]} is {text[:20]!r}; give true or false.")
        return text in _TRUE

    def numbers(self, node: Node, *tags: str) -> tuple[float, ...] | None:
        """A property that is a list of numbers; None where it is not stated."""
        found = self.find(node, *tags)
        if found is None:
            return None
        parts = found.text.replace(",", " ").strip("() \t\r\n").split()
        if len(parts) > _MOST:
            raise self.wrong(node, f"{tags[0]} holds {len(parts)} numbers; at most {_MOST} are read. Check the file.")
        return tuple(self._number(node, tags[0], part) for part in parts)

    def number(self, node: Node, *tags: str, default: float | None = None) -> float:
        """A property that is one number."""
        found = self.numbers(node, *tags)
        if found is None and default is not None:
            return default
        if found is None or len(found) != 1:
            raise self.wrong(node, f"{tags[0]} {_found(found)}; give one number.")
        return found[0]

    def vector(self, node: Node, *tags: str, default: Vector | None = None) -> Vector:
        """A property that is three numbers."""
        found = self.numbers(node, *tags)
        if found is None and default is not None:
            return default
        if found is None or len(found) != 3:
            raise self.wrong(node, f"{tags[0]} {_found(found)}; give three numbers, x y z.")
        return found[0], found[1], found[2]

    def _number(self, node: Node, tag: str, text: str) -> float:
        try:
            value = float(text if "_" not in text else "no number")
        except ValueError:
            raise self.wrong(node, f"{tag} holds {text[:20]!r}, which is no number; mend it and read it again.") from None
        if not abs(value) <= _LARGEST:
            raise self.wrong(node, f"{tag} holds {text[:20]!r}; give a finite number below {_LARGEST:g}.")
        return value

    def members(self, *sets: str) -> Iterator[Node]:
        """The elements in these sets of the model, and those that OpenSim 4 keeps directly among its components."""
        for tag in sets:
            if (group := self.model.child(tag)) is not None:
                yield from self.objects(group)
        if (parts := self.model.child("components")) is not None:
            yield from parts.children

    def objects(self, group: Node) -> list[Node]:
        """The elements of a set."""
        if group.file:
            raise self.wrong(
                group, f"its content stands in another file, {group.file[:60]!r}; open the model in OpenSim and save it whole."
            )
        inner = group.child("objects")
        return inner.children if inner is not None else []


def _found(found: tuple[float, ...] | None) -> str:
    return "is missing" if found is None else f"holds {len(found)} number{'' if len(found) == 1 else 's'}"


def listed(names: list[str], most: int = 4) -> str:
    """Some names in a sentence.

    >>> listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
