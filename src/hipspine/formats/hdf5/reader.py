"""HDF5 (.h5, .hdf5, .nc, .nwb): OpenSignals, NWB, netCDF, and any file of arrays with a rate; also what hipspine writes."""

from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.content import Content
from hipspine.formats.hdf5.tree import tree
from hipspine.formats.lazy_module import use
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.tree.content import content_of

NAME = "HDF5"
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether the signature of HDF5 stands where it may stand, and MATLAB did not put its own text before it."""
    del suffix
    return any(head[at : at + 8] == _SIGNATURE for at in (0, 512, 1024, 2048)) and not head.startswith(b"MATLAB 7.3")


def read(source: Source) -> Content:
    """The content of an HDF5 file."""
    if source.head.startswith(b"MATLAB 7.3"):
        raise FormatError(f"{source.name}: is a MATLAB 7.3 file, not a plain HDF5 file; open it as .mat.")
    return content_of(tree(source), source.name, NAME)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """The file without its person, written anew; samples are copied as they are."""
    removed: tuple[str, ...] = use("hdf5.anonymise_bytes").anonymised(source, out)
    return removed


READER = Reader(NAME, (".h5", ".hdf5", ".hdf", ".he5", ".nwb", ".snirf", ".nc"), recognises, read, anonymise)
