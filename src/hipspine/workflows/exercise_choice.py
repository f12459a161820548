"""Which exercises fit: the words of `hipspine exercises list`, checked."""

from typing import Any

from hipspine.errors import InputError
from hipspine.exercises.exercise import Base
from hipspine.exercises.fields import nearest
from hipspine.exercises.vocabulary import EQUIPMENT
from hipspine.workflows.exercises import list_document


def chosen(
    *, position: str | None = None, equipment: str | None = None, region: str | None = None, level: int | None = None
) -> dict[str, Any]:
    """The entries that fit.

    Raises:
        InputError: a word that no exercise uses.
    """
    if position is not None and position not in (known := [one.value for one in Base]):
        raise InputError(f"--position: {position!r} is no position; {nearest(position, known)}.")
    have = None
    if equipment is not None:
        have = [] if equipment.strip() in ("none", "") else [one.strip() for one in equipment.split(",")]
        for one in have:
            if one not in EQUIPMENT:
                raise InputError(f"--equipment: {one!r} is not known; {nearest(one, EQUIPMENT)}; 'none' for nothing.")
    return list_document(position=position, equipment=have, region=region, level=level)
