"""``hipspine body show``: the muscle, its variants and what exercises ask of it, written as one HTML file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hipspine import __version__
from hipspine.anatomy.gluteus_maximus import gluteus_maximus, members
from hipspine.errors import FormatError, ModelError
from hipspine.report.body_view import show_document
from hipspine.workflows.documents import require_writable, write_whole

OUT: Final = Path("hipspine-body.html")
SHEET_LINES: Final = 24  # in each layer: a smooth picture
MOST_MEMBERS: Final = 200
_LARGEST_BYTES: Final = 50_000_000


def body_show(*, out: Path = OUT, demand: Path | None = None) -> dict[str, Any]:
    """Write the page and give what it holds, as the JSON document of the command.

    Args:
        out: the HTML file.
        demand: what ``hipspine demand --json`` printed; its exercises can then be chosen as colours.

    Raises:
        InputError: the file cannot be written, or the demand is not one.
    """
    require_writable({"--out": out}, inputs=[] if demand is None else [demand])
    exercises = [] if demand is None else read_demand(demand)
    variants = [gluteus_maximus(member=k) for k in range(min(members(), MOST_MEMBERS))]
    try:
        page = show_document(
            gluteus_maximus(),
            version=__version__,
            sheet=gluteus_maximus(lines=SHEET_LINES),
            members=variants,
            demand=exercises,
        )
    except ModelError as error:
        raise FormatError(f"{demand}: {error}") from error
    write_whole(out, page)
    return {
        "file": str(out),
        "bytes": len(page),
        "members": len(variants),
        "exercises": [one["name"] for one in exercises],
        "version": __version__,
    }


def read_demand(path: Path) -> list[Mapping[str, Any]]:
    """The exercises of a file that ``hipspine demand --json`` printed.

    Raises:
        FormatError: it cannot be read, or holds no exercises.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(
                f"{path}: {path.stat().st_size} bytes is too large for a demand; hand over what hipspine demand --json prints."
            )
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}); give the file that hipspine demand --json printed.") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: is not JSON ({error}); give the file that hipspine demand --json printed.") from error
    exercises = document.get("exercises") if isinstance(document, Mapping) else None
    if not isinstance(exercises, list) or not exercises or not all(isinstance(one, Mapping) for one in exercises):
        raise FormatError(f"{path}: holds no list of exercises; give the file that hipspine demand --json printed.")
    return exercises
