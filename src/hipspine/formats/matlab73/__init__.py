"""MATLAB files of version 7.3."""

from hipspine.formats.matlab73.reader import READER
from hipspine.formats.matlab73.writer import WRITER

__all__ = ["READER", "WRITER"]
