"""The door between the program and the person: how answers leave, how errors read, and which exit code says what.

Exit 0: an answer. 2: the input cannot be used (one line on stderr). 3: the honest answer is "infeasible" or "see a clinician".
1: a fault of the program itself. 130: stopped by the person. 141: nobody reads the answer any more.
"""

import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unicodedata import category

import typer

from hipspine.errors import HipspineError

FIRST_COMPILE_S = 10  # on two cores, measured with an empty cache


def use(module: str) -> Any:
    """A module by name, imported now: a command loads its science when it is called, so that help stays quick."""
    return importlib.import_module(module)


def send_json(document: Any) -> None:
    """Print one JSON document, and nothing else, on stdout; the same document gives the same bytes whatever the locale."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")


def send(text: str) -> None:
    """Print lines for people on stdout; control characters, which a label in a file may hold, are shown and not obeyed."""
    shown = "".join(f"\\x{ord(sign):02x}" if category(sign) == "Cc" and sign not in "\n\t" else sign for sign in text.rstrip("\n"))
    sys.stdout.write(shown + "\n")


def note(text: str) -> None:
    """Tell a person at a terminal what goes on; silent in pipes and logs, so that stderr stays empty on success."""
    if sys.stderr.isatty():
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def announce_kernels(module: str = "hipspine.signals.kernels") -> None:
    """One line before the first use of the compiled kernels, when their cache is cold."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    beside, elsewhere = origin.parent / "__pycache__", Path.home() / ".cache" / "numba"  # the second where the first is read-only
    places = [Path(home)] if (home := os.environ.get("NUMBA_CACHE_DIR")) else [beside, elsewhere]
    if not any(True for place in places for _ in place.rglob(f"{origin.stem}.*.nbi")):
        note(f"hipspine: preparing the fast kernels, once, about {FIRST_COMPILE_S} s")


@contextmanager
def about(subject: str | Path, *others: str | Path) -> Iterator[None]:
    """Inside this block an error that names neither an option nor one of these files or fields is given the first of them.

    >>> from hipspine.errors import InputError
    >>> with about("walk.c3d"):
    ...     raise InputError("holds no EMG channel")
    Traceback (most recent call last):
    hipspine.errors.InputError: walk.c3d: holds no EMG channel
    """
    try:
        yield
    except HipspineError as error:
        said = str(error)
        if said.startswith("--") or any(Path(name).name in said for name in (subject, *others)):
            raise
        raise type(error)(f"{subject}: {said}") from error


def run(command: Callable[[], None]) -> int:
    """Run one command line and give its exit code; whatever happens, a person reads a sentence and not a traceback."""
    try:
        command()
        sys.stdout.flush()
        return 0
    except typer.Exit as said:
        sys.stdout.flush()
        return said.exit_code
    except HipspineError as error:
        return _complain(str(error), code=error.exit_code)
    except typer.TyperException as error:
        return _complain(_option_sentence(error), code=2, usage=_usage(error))
    except (KeyboardInterrupt, typer.Abort, EOFError):
        return _complain("stopped; files that were already finished are kept.", code=130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains while it shuts down
        return 141
    except OSError as error:
        where = error.filename or "this computer"
        return _complain(f"{where}: {error.strerror or error}; make room or give rights there, and run it again.", code=2)
    except MemoryError:
        return _complain("this computer: not enough memory for this input; close other programs or give a shorter recording.", code=2)
    except Exception as error:
        if _debugging():
            traceback.print_exc()
        kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return _complain(
            f"a fault of the program, not of your input ({kind}); please report it, with HIPSPINE_DEBUG=1 for the details.", code=1
        )


def _complain(message: str, *, code: int, usage: str = "") -> int:
    if _debugging() and sys.exc_info()[0] is not None and code != 1:
        traceback.print_exc()
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    sys.stderr.write(f"hipspine: {line}\n" + (f"{usage}\n" if usage else ""))
    return code


def _debugging() -> bool:
    return os.environ.get("HIPSPINE_DEBUG", "") not in ("", "0")


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return " ".join(context.get_usage().split()) if context else ""


def _option_sentence(error: typer.TyperException) -> str:
    """FIELD: what is wrong; what to do, from what the option parser noticed."""
    parameter, context = getattr(error, "param", None), getattr(error, "ctx", None)
    field = getattr(error, "option_name", None)
    if parameter is not None:
        field = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.opts[0].upper()
    if field is None:
        field = context.command_path if context else "command line"
    said = (error.message or "is missing").removeprefix("Value error, ").replace(". Did you mean", "; did you mean")
    near = getattr(error, "possibilities", None)
    hint = f"; did you mean {' or '.join(sorted(near))}?" if near else f"; see '{context.command_path} --help'." if context else "."
    hint = "" if said.endswith("?") else hint
    return f"{field}: {said[:1].lower()}{said[1:].rstrip('.')}{hint}"
