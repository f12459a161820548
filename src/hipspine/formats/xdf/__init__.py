"""XDF."""

from hipspine.formats.xdf.reader import READER
from hipspine.formats.xdf.writer import WRITER

__all__ = ["READER", "WRITER"]
