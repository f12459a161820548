"""Parquet."""

from hipspine.formats.parquet.reader import READER
from hipspine.formats.parquet.writer import WRITER

__all__ = ["READER", "WRITER"]
