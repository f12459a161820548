"""Parquet: one table of columns with names, types and notes, as pandas, Arrow, DuckDB and R write it.

The samples stay in the file; DuckDB decodes them when they are asked for and is imported only when a Parquet file is opened.
"""

from hipspine.formats.content import Content
from hipspine.formats.lazy_module import use
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source

NAME = "Parquet"


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are those of Parquet, encrypted or not."""
    del suffix
    return head.startswith((b"PAR1", b"PARE"))


def read(source: Source) -> Content:
    """The content of a Parquet file: columns by name and unit, the clock from a time column or from the notes of the file."""
    content: Content = use("parquet.content").content_of(source)
    return content


READER = Reader(NAME, (".parquet", ".pq", ".parq"), recognises, read)
