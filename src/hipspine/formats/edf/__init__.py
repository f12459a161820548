"""EDF and EDF+."""

from hipspine.formats.edf.reader import READER
from hipspine.formats.edf.writer import WRITER

__all__ = ["READER", "WRITER"]
