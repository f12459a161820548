"""HDF5."""

from hipspine.formats.hdf5.reader import READER
from hipspine.formats.hdf5.writer import WRITER

__all__ = ["READER", "WRITER"]
