"""The exercises that hipspine ships, found by any of their names."""

import difflib
import re
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
    plain = _plain(name)
    if plain.replace(" ", "-") in names():
        return shipped(plain.replace(" ", "-"))
    found = _by_any_name().get(plain)
    if found is None:
        raise InputError(f"exercise {name!r} is not in the catalogue; {_near(plain)}")
    return shipped(found)


@cache
def _by_any_name() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for exercise in catalogue().values():
        for word in (exercise.name, *exercise.title.values(), *exercise.aliases):
            found.setdefault(_plain(word), exercise.name)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", " ", name.strip().casefold())


def _near(name: str) -> str:
    close = difflib.get_close_matches(_plain(name), list(_by_any_name()), n=3, cutoff=0.5)
    near = list(dict.fromkeys(_by_any_name()[one] for one in close))
    return f"near are {', '.join(near)}; 'hipspine exercises list' shows all." if near else "'hipspine exercises list' shows all."
