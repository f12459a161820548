"""BDF and BDF+."""

from hipspine.formats.bdf.reader import READER
from hipspine.formats.bdf.writer import WRITER

__all__ = ["READER", "WRITER"]
