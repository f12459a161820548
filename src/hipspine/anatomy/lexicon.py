"""The vocabulary of muscle names (``data/muscle_names.toml``), indexed for look-up, and how a label falls into words."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hipspine.terms import Region, Side

_LONG_NAME = 8  # letters from which a misspelling of a name is recognised


@dataclass(frozen=True)
class Lexicon:
    """The table, indexed."""

    part: Mapping[str, str]  # muscle -> part of the body
    exact: Mapping[str, tuple[str, ...]]  # name or code without spaces -> muscles
    names: tuple[tuple[tuple[str, ...], str], ...]  # (words, muscle): may be shortened
    long_names: tuple[str, ...]  # of one muscle: may be misspelt
    codes: frozenset[str]  # abbreviations among `exact`
    ambiguous: frozenset[str]  # codes that only a set or a rule may decide
    doubtful: Mapping[str, tuple[str, str]]  # code -> muscle and reason
    sides: Mapping[str, Side]
    regions: Mapping[str, Region]
    region_codes: Mapping[str, Region]
    words: Mapping[str, frozenset[str]]  # noise, levels, spare, not_emg
    sets: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]


def words_of(label: str) -> list[str]:
    """The label in lower-case words without accents: split at separators, at camelCase and after "EMG" with a number.

    >>> words_of("EMG1_RGluteusMax"), words_of("ES_L3_left"), words_of("Voltage.LES")
    (['emg', '1', 'r', 'gluteus', 'max'], ['es', 'l3', 'left'], ['voltage', 'les'])
    """
    text = unicodedata.normalize("NFKD", label.replace("ß", "ss").replace("œ", "oe"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<![A-Za-z])[μu]V\b", " uv ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=(?<![A-Za-z])[LR])(?=[A-Z][a-z]{2})", " ", text)
    text = re.sub(r"(?i)(?<![A-Za-z])(emg|semg|ch|channel|sensor|kanal|canal|voie)(\d+)", r" \1 \2 ", text)
    return [word for word in re.split(r"[^0-9a-zA-Z]+", text.lower()) if word]


@cache
def lexicon() -> Lexicon:
    """The vocabulary; read once."""
    table = tomllib.loads(resources.files("hipspine.anatomy").joinpath("data/muscle_names.toml").read_text(encoding="utf-8"))
    muscles: Mapping[str, Mapping[str, Any]] = table["muscles"]
    names = tuple((tuple(words_of(name)), muscle) for muscle, entry in muscles.items() for name in (muscle, *entry["names"]))
    exact: dict[str, tuple[str, ...]] = {}
    for words, muscle in names:
        _add(exact, "".join(words), muscle)
    in_full = set(exact)
    for muscle, entry in muscles.items():
        for code in entry["codes"]:
            _add(exact, _compact(code), muscle)
    exact.update({code: tuple(candidates) for code, candidates in table["ambiguous"].items()})
    return Lexicon(
        part={muscle: entry["part"] for muscle, entry in muscles.items()},
        exact=exact,
        names=names,
        long_names=tuple(name for name, found in exact.items() if len(name) >= _LONG_NAME and len(found) == 1),
        codes=frozenset(set(exact) - in_full),
        ambiguous=frozenset(table["ambiguous"]),
        doubtful={code: (entry["muscle"], entry["reason"]) for code, entry in table["doubtful"].items()},
        sides={word: side for side in Side for word in table["sides"][side.value]},
        regions={word: region for region in Region for word in table["regions"][region.value]},
        region_codes={_compact(code): region for region in Region for code in table["region_codes"][region.value]},
        words={kind: frozenset(words) for kind, words in table["words"].items()},
        sets=tuple(table["sets"]),
        rules=tuple(table["rules"]),
    )


def _compact(code: str) -> str:
    return "".join(words_of(code))


def _add(index: dict[str, tuple[str, ...]], key: str, muscle: str) -> None:
    index[key] = tuple(dict.fromkeys([*index.get(key, ()), muscle]))
