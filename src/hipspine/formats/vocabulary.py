"""The words of labels, columns, units and events, from the table ``data/words.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from hipspine.terms import StreamKind


@dataclass(frozen=True)
class Vocabulary:
    """The table, ready for look-up."""

    kinds: Mapping[StreamKind, frozenset[str]]
    time: frozenset[str]
    index: frozenset[str]
    event: frozenset[str]
    letter_units: Mapping[str, frozenset[str]]
    units: Mapping[str, str]
    events: tuple[tuple[str, str], ...]  # (pattern, canonical name)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of all readers; read once.

    >>> "gyro" in vocabulary().kinds[StreamKind.IMU]
    True
    """
    table = tomllib.loads(resources.files("hipspine.formats").joinpath("data/words.toml").read_text(encoding="utf-8"))
    columns = {role: frozenset(words) for role, words in table["columns"].items()}
    return Vocabulary(
        kinds={StreamKind(kind): frozenset(words) for kind, words in table["kinds"].items()},
        letter_units={letter: frozenset(words) for letter, words in table["letter_units"].items()},
        units=table["units"],
        events=tuple((pattern, entry["name"]) for entry in table["events"] for pattern in entry["patterns"]),
        **columns,
    )
