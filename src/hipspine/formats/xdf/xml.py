"""The XML inside an XDF file: headers and footers as small trees, without entities, external parts or bottomless nesting.

Only what elements hold is kept. A document type is refused before anything in it can be expanded (the way of all entity bombs).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from xml.parsers import expat

from hipspine.errors import FormatError

LONGEST = 1 << 22  # bytes of one header; real ones hold kilobytes
_MOST, _DEEPEST = 100_000, 60  # elements, levels


@dataclass(slots=True)
class Node:
    """One element; names in lower case, since writers differ."""

    name: str
    tag: str = ""  # the name as it is written
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, *path: str) -> list["Node"]:
        """Every element on this path below."""
        found = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def texts(self, *path: str) -> list[str]:
        """The texts of every element on this path, without spaces around them."""
        return [node.text.strip() for node in self.all(*path)]

    def first(self, *path: str) -> str:
        """The first text on this path that is not empty."""
        return next((text for text in self.texts(*path) if text), "")

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], "Node"]]:
        """Itself and all elements below, each with the names that lead to it; the root's own is left out."""
        yield path, self
        for child in self.children:
            yield from child.walk((*path, child.name))


def parsed(data: bytes, where: str) -> Node:
    """The root element.

    Text that is no UTF-8 is read as Latin-1, which some Windows programs write ("µV").

    >>> parsed(b"<info><desc><channels><channel><label>GM</label></channel></channels></desc></info>", "x").first(
    ...     "desc", "channels", "channel", "label")
    'GM'

    Raises:
        FormatError: not well-formed, too long or too deep, or with a document type.
    """
    if len(data) > LONGEST:
        raise FormatError(f"{where}: its XML has {len(data)} bytes, at most {LONGEST} are read; the file is damaged.")
    body = data.rstrip(b"\0 \t\r\n")
    try:
        return _Builder(body, where, None).root
    except expat.ExpatError as error:
        if not _is_utf8(body):
            with suppress(expat.ExpatError):
                return _Builder(body, where, "iso-8859-1").root
        raise FormatError(f"{where}: its XML is damaged ({error}); record or export it again.") from None
    except (ValueError, LookupError) as error:
        raise FormatError(f"{where}: its XML cannot be decoded ({type(error).__name__}); record or export it again.") from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Builder:
    """One run of the parser."""

    def __init__(self, data: bytes, where: str, encoding: str | None) -> None:
        self.where, self.count = where, 0
        self.top = Node("")
        self.open = [self.top]
        self.parser = expat.ParserCreate(encoding)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        try:
            self.parser.Parse(data, True)
        finally:
            del self.parser  # it holds methods of this object: a circle that would keep the bytes alive
        self.root = self.top.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MOST or len(self.open) > _DEEPEST:
            raise FormatError(f"{self.where}: its XML has more than {_MOST} elements or {_DEEPEST} levels; the file is damaged.")
        node = Node(name.lower(), name, attributes)
        self.open[-1].children.append(node)
        self.open.append(node)

    def _end(self, name: str) -> None:
        del name
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].text += text

    def _doctype(self, *parts: object) -> None:
        del parts
        raise FormatError(f"{self.where}: its XML declares a document type or entities, which no XDF file needs; it is not read.")
