"""The XML of an OpenSim model as a small tree, without entities, external parts or bottomless nesting.

A document type is refused before anything in it can be expanded, which is how all entity bombs work.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from xml.parsers import expat

from hipspine.errors import FormatError

_MOST, _DEEPEST = 400_000, 100  # elements, levels; a whole-body model with 600 lines has 60,000 elements and 20 levels
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # what such a file begins with; it is believed over what the declaration says
_STEP = 1 << 20  # bytes that are parsed before progress is told
_RENAMED = {  # words of the first models in this format, which OpenSim still reads (measured with 4.6)
    "ActuatorSet": "ForceSet", "MusclePointSet": "PathPointSet", "MusclePoint": "PathPoint", "MuscleViaPoint": "ConditionalPathPoint",
    "MovingMusclePoint": "MovingPathPoint", "MuscleWrapSet": "PathWrapSet", "MuscleWrap": "PathWrap",
}  # fmt: skip
_HOLDERS = ("Body", "Joint", "Muscle", "Constraint", "Ground", "Actuator")  # ends of the tags that messages name as the place of a fault


@dataclass(slots=True)
class Node:
    """One element: its tag, its name, what it holds."""

    tag: str
    name: str = ""
    text: str = ""
    file: str = ""  # attribute of OpenSim 2: the content stands in another file
    version: str = ""
    within: str = ""  # the body, joint or muscle around it, as messages say it
    children: list["Node"] = field(default_factory=list)

    def child(self, tag: str) -> "Node | None":
        """The first element of this tag directly below."""
        return next((child for child in self.children if child.tag == tag), None)

    def walk(self) -> Iterator["Node"]:
        """Itself and everything below, in the order of the file."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    @property
    def called(self) -> str:
        """Its tag and name, as messages say them.

        >>> Node("Body", "femur_r").called
        "Body 'femur_r'"
        """
        return f"{self.tag} {self.name!r}" if self.name else self.tag


def parsed(data: bytes, where: str, progress: Callable[[float], None] | None = None) -> Node:
    """The root element. Text that is no UTF-8 and does not say what it is, is read as Latin-1.

    >>> parsed(b"<OpenSimDocument><Model name='leg'/></OpenSimDocument>", "leg.osim").children[0].called
    "Model 'leg'"

    Raises:
        FormatError: not well-formed, cut off, too many or too deep elements, or with a document type.
    """
    encoding = "utf-16" if data.startswith(_UTF_16) else None
    body = data if b"\0" in data[:4] or encoding else data.strip(b"\0 \t\r\n")  # a letter of UTF-16 is half a zero
    try:
        return _Builder(body, where, encoding, progress).root
    except expat.ExpatError as error:
        if "invalid token" in str(error):
            with suppress(expat.ExpatError):
                return _Builder(body, where, "iso-8859-1", progress).root
        kind = expat.ErrorString(error.code)
        where_in = f"line {error.lineno}, column {error.offset + 1}"
        raise FormatError(
            f"{where}: {where_in}: is no well-formed XML ({kind}); the file is damaged or cut off. Export it again."
        ) from None
    except (ValueError, LookupError) as error:
        raise FormatError(f"{where}: its XML cannot be decoded ({type(error).__name__}); export it again as UTF-8.") from None


class _Builder:
    """One run of the parser."""

    def __init__(self, data: bytes, where: str, encoding: str | None, progress: Callable[[float], None] | None) -> None:
        self.where, self.count = where, 0
        top = Node("")
        self.open = [top]
        self.texts: list[str] = []
        self.parser = expat.ParserCreate(encoding)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.texts.append
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        try:
            for start in range(0, len(data), _STEP):
                self.parser.Parse(data[start : start + _STEP], False)
                if progress:
                    progress(min(1.0, (start + _STEP) / len(data)))
            self.parser.Parse(b"", True)
        finally:
            del self.parser  # it holds methods of this object: a circle that would keep everything alive
        self.root = top.children[0]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MOST or len(self.open) > _DEEPEST:
            raise FormatError(
                f"{self.where}: its XML has more than {_MOST} elements or {_DEEPEST} levels; this is no body. Check the file."
            )
        self.texts.clear()  # text beside elements says nothing in this format
        above = self.open[-1]
        within = above.called if above.tag.endswith(_HOLDERS) and above.name else above.within
        node = Node(
            _RENAMED.get(tag, tag),
            attributes.get("name", "").strip(),
            "",
            attributes.get("file", ""),
            attributes.get("Version", ""),
            within,
        )
        above.children.append(node)
        self.open.append(node)

    def _end(self, tag: str) -> None:
        del tag
        node = self.open.pop()
        if not node.children:
            node.text = "".join(self.texts).strip()
        self.texts.clear()

    def _doctype(self, *parts: object) -> None:
        del parts
        raise FormatError(f"{self.where}: its XML declares a document type or entities, which no OpenSim model needs; it is not read.")
