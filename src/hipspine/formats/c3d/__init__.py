"""C3D."""

from hipspine.formats.c3d.reader import READER
from hipspine.formats.c3d.writer import WRITER

__all__ = ["READER", "WRITER"]
