"""TRC."""

from hipspine.formats.trc.reader import READER
from hipspine.formats.trc.writer import WRITER

__all__ = ["READER", "WRITER"]
