"""From an OpenSim model file to a body."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Segment, Wrap
from hipspine.errors import FormatError
from hipspine.formats.osim.couplings import coupled, hung
from hipspine.formats.osim.frames import GROUND, NOWHERE, Frames, Place
from hipspine.formats.osim.joints import found_joints
from hipspine.formats.osim.muscles import Setting, muscle_lines
from hipspine.formats.osim.surfaces import surface
from hipspine.formats.osim.values import ASIDE, Document
from hipspine.formats.osim.xml import Node, parsed
from hipspine.formats.reader import guarded
from hipspine.formats.source import Source

MOST_BODIES = 2000
LARGEST = 64_000_000  # bytes; a whole-body model with 600 lines has 5 million
_OLDEST, _NEWEST = 10901, 49999  # the first is also the oldest that OpenSim 4 opens
_LENGTHS, _FORCES = ("", "m", "meter", "meters", "metre", "metres"), ("", "n", "newton", "newtons")
_INERTIA = ("inertia_xx", "inertia_yy", "inertia_zz", "inertia_xy", "inertia_xz", "inertia_yz")
_SHOWN = ("Mesh", "Sphere", "Brick", "Cylinder", "Ellipsoid", "Cone", "Torus", "LineGeometry", "Arrow", "DisplayGeometry")
_READ = ("BodySet", "JointSet", "ForceSet", "ConstraintSet", "FrameSet")
_ASIDE = {  # sets that a body has no place for
    "MarkerSet": "Markers", "ContactGeometrySet": "Contact surfaces", "ControllerSet": "Controllers", "ProbeSet": "Probes",
}  # fmt: skip


def read_osim(path: str | Path, progress: Callable[[float], None] | None = None) -> BodyModel:
    """The body that an OpenSim model describes; coordinates keep the file's names, signs and order.

    Joints come from the ground outwards. ``ground`` is a segment without mass. A segment of mass 0 is read (OpenSim allows it for bones
    between two joints, such as a patella), a model without any mass is not. What a body has no form for is named in ``left_out``.

    Args:
        path: of a file of OpenSim 2, 3 or 4.
        progress: told the share that is done, 0-1.

    Raises:
        FormatError: no such file, too large, no OpenSim model, or a model that contradicts itself; the sentence names the element.
    """
    source = _source(Path(path))
    with guarded("OpenSim model", source):
        root = parsed(source.read(0, source.size), source.name, progress)
        return _body(_document(source.name, root), source.sha256)


def _source(place: Path) -> Source:
    try:
        if not place.is_file():
            what = "is a folder" if place.is_dir() else "is no file but a device or a pipe" if place.exists() else "there is no such file"
            raise FormatError(f"{place}: {what}; give the name of an OpenSim model (.osim).")
        source = Source(place)
        source.head  # noqa: B018 - read here, so that missing rights are said here
    except OSError as error:
        raise FormatError(f"{place}: cannot be opened ({error.strerror or type(error).__name__}); check its name and rights.") from None
    if not source.size:
        raise FormatError(f"{source.name}: the file is empty (0 bytes); export the model again.")
    if source.size > LARGEST:
        raise FormatError(f"{source.name}: has {source.size / 1e6:.0f} MB; a model has at most {LARGEST / 1e6:.0f} MB. Check the file.")
    return source


def _document(where: str, root: Node) -> Document:
    model = root.child("Model") if root.tag == "OpenSimDocument" else root if root.tag == "Model" else None
    if model is None:
        held = root.children[0].tag if root.tag == "OpenSimDocument" and root.children else root.tag
        raise FormatError(f"{where}: holds {held[:40]!r}, no OpenSim model; give the .osim file.")
    try:
        version = int(root.version or "0")
    except ValueError:
        raise FormatError(f"{where}: its version is {root.version[:20]!r}; expected a number such as 40000. Export it again.") from None
    old = model.child("dynamics_engine") is not None or 0 < version < _OLDEST
    if old or version > _NEWEST:
        raise FormatError(
            f"{where}: is an OpenSim model of version {version or 'before 2'}; versions 2 to 4 ({_OLDEST} to {_NEWEST}) are read. "
            "Open it in OpenSim and save it again."
        )
    document = Document(where, model, version)
    for holder in (root, model):
        for group in holder.children:
            if group.tag == "defaults":
                document.defaults.update({node.tag: node for node in group.children})
    return document


def _body(document: Document, sha256: str) -> BodyModel:
    model = document.model
    _require_units(document)
    bodies = [node for node in document.members("BodySet") if node.tag == "Body"]
    segments = _segments(document, bodies)
    frames = Frames.of(document, {segment.name for segment in segments})
    found = found_joints(document, frames, bodies)
    _require_once(document, "joint", [one.joint.name for one in found])
    joints, reached = hung(document, found)
    kept = {joint.name for joint in joints}
    coordinates = [coordinate for one in found if one.joint.name in kept for coordinate in one.coordinates]
    _require_once(document, "coordinate", [one.name for one in coordinates])
    for segment in segments:
        if segment.name not in reached:
            document.leave("Segments left out ({n}), no joint leads to them: {names}.", segment.name)
    lost = {one.name: found_one.joint.name for found_one in found if found_one.joint.name not in kept for one in found_one.coordinates}
    done = coupled(document, coordinates, lost)
    wraps, inactive, twice = _wraps(document, frames, bodies)
    setting = Setting(frames, reached, {one.name: one for one in done}, lost, wraps, inactive, twice)
    lines = muscle_lines(document, setting)
    _aside(document)
    used = {use.wrap for line in lines for use in line.wraps}
    shapes = tuple(wrap for name, wrap in wraps.items() if wrap and wrap.segment in reached and (name in used or name not in twice))
    left = tuple(segment for segment in segments if segment.name in reached)
    if len(left) < 2:
        raise document.wrong(model, "holds no body that a joint leads to from the ground; nothing is left to read. Check its joints.")
    if not any(segment.mass_kg for segment in left):
        raise document.wrong(model, "all of its bodies have mass 0; give them masses in kg (a single one may have none).")
    return BodyModel(
        name=model.name or document.where,
        segments=left,
        joints=joints,
        coordinates=done,
        lines=lines,
        wraps=shapes,
        fields=(),
        about=_about(document, sha256),
        left_out=document.sentences(),
    )


def _require_units(document: Document) -> None:
    for tag, known, name in (("length_units", _LENGTHS, "meters"), ("force_units", _FORCES, "N")):
        unit = document.word(document.model, tag)
        if unit.lower() not in known:
            raise document.wrong(tag, f"is {unit[:20]!r}; hipspine reads models in {name}: convert the model, or correct the word.")


def _require_once(document: Document, what: str, names: list[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise document.wrong(f"{what} {twice!r}", "stands twice in the model; rename one.")


def _segments(document: Document, bodies: list[Node]) -> list[Segment]:
    """The ground first, then the bodies in the order of the file."""
    if len(bodies) > MOST_BODIES:
        raise document.wrong("BodySet", f"holds {len(bodies)} bodies; at most {MOST_BODIES} are read. Check the file.")
    _require_once(document, "body", [node.name for node in bodies])
    ground = Segment(GROUND, 0.0, NOWHERE, (0.0,) * 6)
    return [ground, *(_segment(document, node) for node in bodies if node.name != GROUND)]


def _segment(document: Document, node: Node) -> Segment:
    if not node.name:
        raise document.wrong(node, "has no name; give it one.")
    mass = document.number(node, "mass", default=0.0)
    if mass < 0:
        raise document.wrong(node, f"its mass is {mass:g} kg; give 0 or more.")
    inertia = document.numbers(node, "inertia")
    if inertia is None:
        inertia = tuple(document.number(node, tag, default=0.0) for tag in _INERTIA)
    if len(inertia) == 3:
        inertia = (*inertia, 0.0, 0.0, 0.0)
    if len(inertia) != 6 or min(inertia[:3]) < 0:
        raise document.wrong(node, f"its inertia is {inertia}; give six numbers, xx yy zz xy xz yz, the first three 0 or more.")
    centre = document.vector(node, "mass_center", default=NOWHERE)
    return Segment(node.name, mass, centre, (inertia[0], inertia[1], inertia[2], inertia[3], inertia[4], inertia[5]))


def _wraps(document: Document, frames: Frames, bodies: list[Node]) -> tuple[dict[str, Wrap | None], set[str], set[str]]:
    """Surfaces by name (None: of a kind without form), the names of those that are switched off, and the names that stand twice."""
    ground = document.model.child("Ground")
    holders = [(node, Place(node.name or GROUND)) for node in [*([ground] if ground is not None else []), *bodies]]
    holders += [(node, frames.place(node.name, Node("", owner))) for held in frames.offsets.values() for owner, node in held]
    wraps: dict[str, Wrap | None] = {}
    inactive, twice = set(), set()
    for holder, place in holders:
        group = holder.child("WrapObjectSet")
        for node in document.objects(group) if group is not None else []:
            if not node.name:
                raise document.wrong(node, f"of {place.segment} has no name; give it one.")
            if node.name in wraps:
                twice.add(node.name)
                continue
            wraps[node.name] = surface(document, node, place)
            if not document.flag(node, "active", default=True):
                inactive.add(node.name)
            if wraps[node.name] is None:
                document.leave(f"{{n}} {node.tag}: a surface without form here ({{names}}).", node.name)
    return wraps, inactive, twice


def _aside(document: Document) -> None:
    """Name what else the file holds."""
    for tag, what in _ASIDE.items():
        held = document.model.child(tag)
        for _ in document.objects(held) if held is not None else []:
            document.leave(f"{what} left out: {{n}}.")
    for held in document.model.children:  # such as ComponentSet
        for node in document.objects(held) if held.tag.endswith("Set") and held.tag not in (*_READ, *_ASIDE) else []:
            document.leave(f"{node.tag} of the {held.tag} left out ({{n}}): {{names}}.", node.name)
    for node in document.members():
        if node.tag.endswith(ASIDE):
            document.leave(f"{node.tag} left out: {{n}}.")
    shown = [node for node in document.model.walk() if node.tag in ("attached_geometry", "GeometrySet")]
    for group in shown:
        inner = group if group.tag == "attached_geometry" else (group.child("objects") or group)
        for node in inner.children:
            if node.tag in _SHOWN:
                document.leave("Shapes for display left out: {n}.")
    for coordinate in (node for node in document.model.walk() if node.tag == "Coordinate"):
        if document.flag(coordinate, "prescribed", default=False):
            document.leave("Coordinates that the file prescribes over time ({n}), free here: {names}.", coordinate.name)


def _about(document: Document, sha256: str) -> dict[str, str]:
    said = {tag: " ".join(document.word(document.model, tag).split()) for tag in ("credits", "publications")}
    about = {"file": document.where, "sha256": sha256, "format": "OpenSim", "version": str(document.version)}
    return {**about, **{tag: text for tag, text in said.items() if text}}
