"""Answers as documents: values ready for JSON, and files that are either whole or absent."""

import math
import os
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np

from hipspine.errors import InputError


def plain(value: Any) -> Any:
    """A value as JSON holds it: lists for arrays, words for enums, ``None`` for a number that is not finite; nothing is rounded.

    >>> plain({"on_s": np.array([1.25, np.nan])})
    {'on_s': [1.25, None]}
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")


def require_writable(outputs: Mapping[str, Path | None], *, inputs: Iterable[Path] = ()) -> None:
    """Refuse, before any computing, an output that could not be written or that would replace an input or another output.

    Args:
        outputs: option -> path, such as ``{"--report": Path("out.html")}``; ``None`` was not asked for.
        inputs: files that must stay as they are.

    Raises:
        InputError: names the option, the path and the reason.
    """
    taken = {_real(path): "is the recording itself" for path in inputs}
    for option, path in outputs.items():
        if path is None:
            continue
        if (clash := taken.get(_real(path))) is not None:
            raise InputError(f"{option}: {path} {clash}; give another name.")
        taken[_real(path)] = f"is given to {option} too"
        try:
            if path.is_dir():
                raise InputError(f"{option}: {path} is a folder; give the name of a file in it.")
            if not _real(path).parent.is_dir():
                raise InputError(f"{option}: the folder of {path} does not exist; make it first or give another place.")
        except OSError as error:  # such as a name that is too long
            raise InputError(f"{option}: {path} cannot be written ({error.strerror}); give another name.") from error
        _try_to_write(path, option)


def require_folder(folder: Path, *, option: str) -> None:
    """Make a folder if it is not there, and refuse in one sentence when nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option}: {folder} cannot be used as a folder ({error.strerror}); give another place.") from error
    _try_to_write(folder / "hipspine", option)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part: under a temporary name, then renamed.

    Raises:
        InputError: it cannot be written, such as on a full disk; an old file is then as it was.
    """
    target = _real(path)
    try:
        if target.exists() and not target.is_file():  # a device or a pipe is written, not replaced
            target.write_bytes(content)
        else:
            _write_then_rename(target, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); make room or give another place.") from error


def _write_then_rename(target: Path, content: bytes) -> None:
    part = _part(target)
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _real(path: Path) -> Path:
    """Where a path leads; unlike ``Path.resolve`` it lets a link that leads to itself stand, so that writing says what is wrong."""
    return Path(os.path.realpath(path))


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name[:200]}.{os.getpid()}-{get_ident()}.part")


def _try_to_write(path: Path, option: str) -> None:
    """Rights alone do not tell (read-only disks, quotas): make the temporary file and take it away again."""
    target = _real(path)
    if target.exists() and not target.is_file():
        return
    part = _part(target)
    try:
        part.open("xb").close()
        part.unlink()
    except OSError as error:
        raise InputError(f"{option}: {path} cannot be written ({error.strerror}); give a place where you may write.") from error
