"""Qualisys exports."""

from hipspine.formats.qualisys.reader import READER

__all__ = ["READER"]
