"""How far a slow step has come, on one line of a terminal; nothing in pipes and logs."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_AFTER_S = 0.7  # quicker steps are not spoken of
_EVERY_S = 0.1


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None] | None]:
    """Inside this block a function that is told the share that is done, 0-1; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    began = told = time.monotonic()
    shown = False

    def tell(share: float) -> None:
        nonlocal told, shown
        now = time.monotonic()
        if now - began < _AFTER_S or now - told < _EVERY_S:
            return
        told, shown = now, True
        sys.stderr.write(f"\rhipspine: {what} {100 * share:3.0f} %")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write("\r" + " " * (len(what) + 16) + "\r")
            sys.stderr.flush()
