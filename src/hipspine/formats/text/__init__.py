"""Delimited text."""

from hipspine.formats.text.reader import READER
from hipspine.formats.text.writer import WRITER

__all__ = ["READER", "WRITER"]
