"""MATLAB 7.3 files: HDF5 behind 512 bytes of MATLAB's own text, with its own shapes of structs, cells and texts."""

from dataclasses import replace
from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.content import Content
from hipspine.formats.hdf5.tree import tree
from hipspine.formats.lazy_module import use
from hipspine.formats.matlab.reader_bytes import header_notes
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.tree.content import content_of

NAME = "MATLAB 7.3"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are the text that MATLAB 7.3 puts before HDF5."""
    del suffix
    return head.startswith(b"MATLAB 7.3")


def read(source: Source) -> Content:
    """The content of a MATLAB 7.3 file."""
    if not recognises(source.head, ""):
        raise FormatError(f"{source.name}: not a MATLAB 7.3 file: its text 'MATLAB 7.3 MAT-file' is missing. Save it with 'save -v7.3'.")
    root = tree(source)
    content = content_of(root, source.name, NAME)
    return replace(content, person={**content.person, **header_notes(source)})


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """The file without its person, written anew; samples are copied as they are."""
    removed: tuple[str, ...] = use("hdf5.anonymise_bytes").anonymised(source, out)
    return removed


READER = Reader(NAME, (".mat", ".mat73"), recognises, read, anonymise)
