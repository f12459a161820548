"""MATLAB files of version 5 to 7.2."""

from hipspine.formats.matlab.reader import READER
from hipspine.formats.matlab.writer import WRITER

__all__ = ["READER", "WRITER"]
