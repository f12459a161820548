"""All figures of the catalogue on one page, to look at them together (`hipspine exercises sheet`)."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from hipspine.errors import InputError
from hipspine.exercises.catalogue import catalogue, shipped
from hipspine.exercises.exercise import Base
from hipspine.exercises.fields import nearest
from hipspine.exercises.motion import motion_of
from hipspine.report.exercise_figure import figure_svg
from hipspine.report.exercise_figure_looks import figure_css
from hipspine.report.exercise_figure_sheet import contact_sheet
from hipspine.workflows.atlas import cores
from hipspine.workflows.documents import require_writable, write_whole
from hipspine.workflows.exercises import tints

FRAMES = 41  # enough for a picture


def sheet(out: Path, *, base: str | None = None, still: bool = False, progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Write one page with the figures of the catalogue, by position, drawn on all cores.

    Args:
        out: the page to write, HTML.
        base: only this position.
        still: start and end side by side rather than moving.
        progress: is told the share that is done.

    Raises:
        InputError: there is no such position, or the page cannot be written.
    """
    order = list(Base)
    if base is not None and base not in (known := [one.value for one in order]):
        raise InputError(f"--position: {base!r} is no position; {nearest(base, known)}.")
    require_writable({"--out": out}, inputs=[])
    chosen = [one for one in catalogue().values() if base is None or one.base.value == base]
    chosen.sort(key=lambda one: (order.index(one.base), one.name))
    figures = []
    with ProcessPoolExecutor(cores(), mp_context=multiprocessing.get_context("spawn")) as pool:
        drawn = pool.map(partial(_drawn, still=still), [one.name for one in chosen], chunksize=2)
        for number, (exercise, svg) in enumerate(zip(chosen, drawn, strict=True)):
            figures.append((exercise.title["en"], svg))
            if progress is not None:
                progress((number + 1) / len(chosen))
    page = contact_sheet(figures, heading=f"{len(figures)} exercises", css=figure_css()).encode()
    write_whole(out, page)
    return {"file": str(out), "figures": len(figures), "bytes": len(page)}


def _drawn(name: str, *, still: bool) -> str:
    exercise = shipped(name)
    return figure_svg(motion_of(exercise, frames=FRAMES), tints(exercise), still=still, style=False)
