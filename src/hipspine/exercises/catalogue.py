"""The exercises that hipspine ships, found by any of their names."""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from hipspine.errors import InputError
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.files import exercise_of

_DATA = resources.files("hipspine.exercises") / "data"


@cache
def names() -> tuple[str, ...]:
    """Names of all shipped exercises, sorted.

    >>> "hip-thrust" in names()
    True
    """
    return tuple(sorted(one.name.removesuffix(".toml") for one in _DATA.iterdir() if one.name.endswith(".toml")))


@cache
def shipped(name: str) -> Exercise:
    """One exercise by its own name.

    Raises:
        InputError: there is none.
    """
    if name not in names():
        raise InputError(f"exercise {name!r} is not in the catalogue; {_near(name)}")
    return exercise_of((_DATA / f"{name}.toml").read_text(encoding="utf-8"), name=name)


@cache
def catalogue() -> Mapping[str, Exercise]:
    """All shipped exercises by name."""
    return MappingProxyType({name: shipped(name) for name in names()})


def find(name: str) -> Exercise:
    """An exercise by its name, a title in any language, or an alias; capitals, spaces and hyphens do not matter.

    Raises:
        InputError: nothing is called so; the sentence names what is near.
    """
    own = re.sub(r"[\s_\-]+", "-", name.strip().casefold())
    if own in names():
        return shipped(own)
    found = _by_any_name().get(_plain(name))
    if found is None:
        raise InputError(f"exercise {name!r} is not in the catalogue; {_near(name)}")
    return shipped(found)


@cache
def _by_any_name() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for exercise in catalogue().values():
        for word in (exercise.name, *exercise.title.values(), *exercise.aliases):
            found.setdefault(_plain(word), exercise.name)
    return found


def _plain(name: str) -> str:
    """Without capitals, accents, hyphens, and the final s of each word.

    >>> _plain("Soulevé de terre"), _plain("step-ups"), _plain("HÜFTSTOSS") == _plain("Hüftstoß")
    ('souleve de terre', 'step up', True)
    """
    letters = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    words = re.sub(r"[\s_\-]+", " ", letters.strip()).split(" ")
    return " ".join(word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word for word in words)


def _near(name: str) -> str:
    close = difflib.get_close_matches(_plain(name), list(_by_any_name()), n=3, cutoff=0.5)
    near = list(dict.fromkeys(_by_any_name()[one] for one in close))
    return f"near are {', '.join(near)}; 'hipspine exercises list' shows all." if near else "'hipspine exercises list' shows all."
