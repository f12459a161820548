"""OpenSim storage files."""

from hipspine.formats.opensim.reader import READER
from hipspine.formats.opensim.writer import WRITER

__all__ = ["READER", "WRITER"]
