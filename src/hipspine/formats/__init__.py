"""File formats: one module per format, each with ``READER = Reader(...)``."""
