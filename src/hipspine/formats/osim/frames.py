"""Frames that are fixed to a segment: bodies themselves, and the offset frames of OpenSim 4."""

from dataclasses import dataclass, field

import numpy as np

from hipspine.anatomy.body_parts import Vector
from hipspine.formats.osim.values import Document
from hipspine.formats.osim.xml import Node
from hipspine.terms import Floats

GROUND = "ground"
NOWHERE: Vector = (0.0, 0.0, 0.0)
_OFFSET = "PhysicalOffsetFrame"
_DEEPEST = 50  # frames in frames


@dataclass(frozen=True, slots=True)
class Place:
    """A frame: the segment it is fixed to, where it stands there, and how it is turned (body-fixed x, y, z)."""

    segment: str
    position: Vector = NOWHERE
    rotation: Vector = NOWHERE

    @property
    def is_segment(self) -> bool:
        """Whether it is the segment's own frame."""
        return self.position == NOWHERE and self.rotation == NOWHERE

    def inside(self, position: Vector, rotation: Vector) -> "Place":
        """The frame that stands in this one."""
        if self.is_segment:
            return Place(self.segment, position, rotation)
        turned = matrix(self.rotation)
        return Place(self.segment, self.point(position), angles(turned @ matrix(rotation)))

    def point(self, position: Vector) -> Vector:
        """A point of this frame, as the segment sees it."""
        if self.is_segment:
            return position
        x, y, z = np.array(self.position) + matrix(self.rotation) @ np.array(position)
        return float(x), float(y), float(z)


@dataclass(slots=True)
class Frames:
    """Every frame of a model, found by the paths that its elements use."""

    document: Document
    segments: set[str]
    offsets: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)  # name -> (owner, element)

    @classmethod
    def of(cls, document: Document, segments: set[str]) -> "Frames":
        """Collect the offset frames of all bodies and joints."""
        frames = cls(document, segments)
        frames._collect(document.model, "")
        return frames

    def _collect(self, top: Node, owner: str) -> None:
        waiting = [(top, owner)]
        while waiting:
            node, holder = waiting.pop()
            if node.tag == _OFFSET:
                self.offsets.setdefault(node.name, []).append((holder, node))
            inner = node.name if node.name and node.children else holder
            waiting.extend((child, inner) for child in reversed(node.children))

    def place(self, path: str, owner: Node, *, depth: int = 0) -> Place:
        """The frame that a path leads to, such as ``/bodyset/femur_r``, ``../ground`` or the name of a frame of the owner.

        Raises:
            FormatError: there is none, several fit, or offset frames stand in a circle.
        """
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        if not parts:
            raise self.document.wrong(owner, "does not say which body it is fixed to; name one.")
        name, near = parts[-1], parts[-2] if len(parts) > 1 else ""
        own = [node for holder, node in self.offsets.get(name, []) if holder == (near or owner.name)]
        if near != "bodyset" and own:
            return self._offset(own[0], owner, depth)
        if name == GROUND or name in self.segments:
            return Place(name)
        found = self.offsets.get(name, [])
        if len(found) == 1:
            return self._offset(found[0][1], owner, depth)
        what = "does not exist" if not found else f"stands for {len(found)} frames"
        raise self.document.wrong(owner, f"is fixed to {name!r}, which {what} in this model; name one of its bodies.")

    def _offset(self, node: Node, owner: Node, depth: int) -> Place:
        if depth > _DEEPEST:
            raise self.document.wrong(
                owner, f"frame {node.name!r} stands in a circle of offset frames, or in more than {_DEEPEST}; fix it to a body."
            )
        parent = socket(self.document, node, "parent")
        position = self.document.vector(node, "translation", default=NOWHERE)
        rotation = self.document.vector(node, "orientation", default=NOWHERE)
        return self.place(parent, node, depth=depth + 1).inside(position, rotation)


def socket(document: Document, node: Node, name: str) -> str:
    """Where a socket leads; betas of OpenSim 4 wrote it in two other ways."""
    text = document.word(node, f"socket_{name}", f"socket_{name}_connectee_name", f"connector_{name}_connectee_name")
    if text or (group := node.child("connectors")) is None:
        return text
    found = next((child for child in group.children if child.name == name), None)
    return document.word(found, "connectee_name") if found is not None else ""


def matrix(rotation: Vector) -> Floats:
    """(3, 3) of body-fixed rotations about x, y, z.

    >>> matrix((0.0, 0.0, np.pi / 2)).round(3) @ [1, 0, 0]
    array([0., 1., 0.])
    """
    (ca, cb, cc), (sa, sb, sc) = np.cos(rotation), np.sin(rotation)
    return np.array(
        [
            [cb * cc, -cb * sc, sb],
            [ca * sc + sa * sb * cc, ca * cc - sa * sb * sc, -sa * cb],
            [sa * sc - ca * sb * cc, sa * cc + ca * sb * sc, ca * cb],
        ]
    )


def angles(turned: Floats) -> Vector:
    """Body-fixed rotations about x, y, z of a (3, 3) matrix.

    >>> angles(matrix((0.3, -0.4, 0.5)))
    (0.3..., -0.4..., 0.5...)
    """
    b = float(np.arcsin(np.clip(turned[0, 2], -1, 1)))
    if abs(turned[0, 2]) > 1 - 1e-12:  # x and z turn about one line: all of it is given to x
        return float(np.arctan2(turned[2, 1], turned[1, 1])), b, 0.0
    return float(np.arctan2(-turned[1, 2], turned[2, 2])), b, float(np.arctan2(-turned[0, 1], turned[0, 0]))
