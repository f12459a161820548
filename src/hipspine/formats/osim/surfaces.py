"""Surfaces that lines wrap over."""

from hipspine.anatomy.body_parts import Shape, Wrap
from hipspine.formats.osim.frames import NOWHERE, Place
from hipspine.formats.osim.values import Document
from hipspine.formats.osim.xml import Node

_SIZES = {  # properties that make up the size
    "WrapCylinder": (Shape.CYLINDER, ("radius", "length")),
    "WrapSphere": (Shape.SPHERE, ("radius",)),
    "WrapEllipsoid": (Shape.ELLIPSOID, ("dimensions",)),
    "WrapTorus": (Shape.TORUS, ("inner_radius", "outer_radius")),
}
_QUADRANTS = ("x", "-x", "y", "-y", "z", "-z", "all")


def surface(document: Document, node: Node, place: Place) -> Wrap | None:
    """One surface in the frame of its segment; None where it is of a kind that a body has no form for.

    Raises:
        FormatError: a size that is missing or not above 0 (a surface that bends inwards), or a side that is none.
    """
    if node.tag not in _SIZES:
        return None
    shape, tags = _SIZES[node.tag]
    given = [value for tag in tags for value in (document.numbers(node, tag) or ())]
    if node.tag == "WrapCylinder" and len(given) == 1 and document.numbers(node, "length") is None:
        given.append(1.0)  # OpenSim's default; no line's length depends on it
    x, y, z = _size(document, node, given, shape)
    quadrant = document.word(node, "quadrant", default="all").lower().removeprefix("+") or "all"
    if quadrant not in _QUADRANTS:
        raise document.wrong(node, f"its quadrant is {quadrant[:20]!r}; give one of {', '.join(_QUADRANTS)}.")
    at = document.vector(node, "translation", default=NOWHERE)
    stands = place.inside(at, document.vector(node, "xyz_body_rotation", default=NOWHERE))
    return Wrap(node.name, shape, stands.segment, stands.position, stands.rotation, (x, y, z), quadrant)


def _size(document: Document, node: Node, given: list[float], shape: Shape) -> tuple[float, float, float]:
    tags = _SIZES[node.tag][1]
    wanted = 3 if shape is Shape.ELLIPSOID else len(tags)
    if len(given) != wanted:
        raise document.wrong(node, f"its size ({', '.join(tags)}) has {len(given)} numbers, {wanted} are needed; give them in metres.")
    bad = next((value for value in given if value <= 0), None)
    if bad is not None:
        held = f"its size ({', '.join(tags)}) holds {bad:g}"
        raise document.wrong(node, f"{held}; a surface that lines wrap over bulges outwards: give more than 0 m.")
    if shape is Shape.TORUS and given[0] >= given[1]:
        raise document.wrong(node, f"its inner radius {given[0]:g} is not below its outer radius {given[1]:g}; give a smaller one.")
    x, y, z = (*given, 0.0, 0.0)[:3]
    return x, y, z
