"""The vocabulary of muscle names (``data/muscle_names.toml``), indexed for look-up, and how a label falls into words."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

from hipspine.terms import Region, Side

_LONG_NAME = 8  # letters from which a misspelling of a name is recognised
LONGEST_LABEL = 200  # characters of a label that are looked at; no name of a muscle is as long
SHORTEST_CUT = 3  # letters that a shortened word must keep
Name: TypeAlias = tuple[tuple[str, ...], str]  # words of a name, and its muscle

_NOT_THERE = re.compile(r"(?i)(?<![a-z0-9])n\s?[./]\s?([ca])(?![a-z0-9])")  # n.c., n/a
_MICROVOLT = re.compile(r"(?<![A-Za-z])[μu]V\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=(?<![A-Za-z])[LR])(?=[A-Z][a-z]{2})")
_INPUT = re.compile(r"(?i)(?<![a-z])(emg)[ .][a-h](?=[ .]?\d)")  # EMG.A 11: an input of a sensor with several
_NUMBERED = re.compile(r"(?i)(?<![A-Za-z])(emg|semg|ch|channel|sensor|kanal|canal|voie)(\d+)")
_SIDE_GLUED = re.compile(r"(left|right)([a-z]{3,}\d*)|([a-z]{3,}\d?)(left|right)")


@dataclass(frozen=True)
class Lexicon:
    """The table, indexed."""

    part: Mapping[str, str]  # muscle -> part of the body
    exact: Mapping[str, tuple[str, ...]]  # name or code without spaces -> muscles
    names: Mapping[str, tuple[Name, ...]]  # first letters of a name -> (words, muscle): may be shortened
    long_names: Mapping[int, tuple[str, ...]]  # length -> names of one muscle: may be misspelt
    codes: frozenset[str]  # abbreviations among `exact`
    ambiguous: frozenset[str]  # codes that the other labels may decide
    groups: frozenset[str]  # words for several muscles: always asked
    doubtful: Mapping[str, tuple[str, str]]  # code -> muscle and reason
    left_or_lower: Mapping[str, str]  # code whose L is a side or a level -> the code without it
    lateral: Mapping[str, str]  # code whose L is a side or lateral -> the lateral muscle
    sides: Mapping[str, Side]
    side_pairs: tuple[tuple[str, str], ...]  # (left, right) beginnings or endings that need their partner label
    regions: Mapping[str, Region]
    region_codes: Mapping[str, Region]
    french_words: frozenset[str]
    french_codes: frozenset[str]
    spelled_out: Mapping[str, str]
    words: Mapping[str, frozenset[str]]  # noise, articles, levels, parts, spare, not_emg
    sets: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]


def words_of(label: str) -> list[str]:
    """The label in lower-case words without accents: split at separators, at camelCase, after "EMG" with a number and at a glued side.

    >>> words_of("EMG1_RGluteusMax"), words_of("ES_L3_left"), words_of("Voltage.LES")
    (['emg', '1', 'r', 'gluteus', 'max'], ['es', 'l3', 'left'], ['voltage', 'les'])
    >>> words_of("rightexternaloblique"), words_of("n.c."), words_of("L5 MF: EMG.A 5")
    (['right', 'externaloblique'], ['nc'], ['l5', 'mf', 'emg', '5'])
    """
    text = unicodedata.normalize("NFKD", label[:LONGEST_LABEL].replace("ß", "ss").replace("œ", "oe"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = _NOT_THERE.sub(r" n\1 ", text)
    text = _MICROVOLT.sub(" uv ", text)
    text = _INPUT.sub(r" \1 ", text)
    text = _CAMEL.sub(" ", text)
    text = _NUMBERED.sub(r" \1 \2 ", text)
    words = [word for word in re.split(r"[^0-9a-zA-Z]+", text.lower()) if word]
    return [part for word in words for part in _without_glued_side(word)]


def _without_glued_side(word: str) -> list[str]:
    found = _SIDE_GLUED.fullmatch(word)
    return [part for part in found.groups() if part] if found else [word]


def meaning_of(words: Sequence[str], *, articles: bool = False) -> list[str]:
    """The words that may name a muscle or a side: without devices, units, numbers and (if anything is left) `articles`.

    >>> meaning_of(words_of("Sensor 3: EMG 3 - M. glut. max. re")), meaning_of(["la", "emg"])
    (['glut', 'max', 're'], ['la'])
    """
    table = lexicon()
    kept = [word for word in words if word not in table.words["noise"] and not _is_measure(word)]
    if len(kept) > 1:
        kept = [table.spelled_out.get(word, word) for word in kept]
    if articles:
        return kept
    short = [word for word in kept if word not in table.words["articles"]]
    return short if any(word not in table.sides for word in short) else kept


def _is_measure(word: str) -> bool:
    """A number, a frequency or length, or a name that somebody crossed out (xxxxx)."""
    return word.isdigit() or bool(re.fullmatch(r"\d+(cm|mm|hz|khz)|x{3,}", word))


@cache
def lexicon() -> Lexicon:
    """The vocabulary; read once."""
    table = tomllib.loads(resources.files("hipspine.anatomy").joinpath("data/muscle_names.toml").read_text(encoding="utf-8"))
    muscles: Mapping[str, Mapping[str, Any]] = table["muscles"]
    articles = frozenset(table["words"]["articles"])
    names = tuple((_words(name, articles), muscle) for muscle, entry in muscles.items() for name in (muscle, *entry["names"]))
    exact: dict[str, tuple[str, ...]] = {}
    for words, muscle in names:
        _add(exact, "".join(words), muscle)
    in_full = set(exact)
    for muscle, entry in muscles.items():
        for code in entry["codes"]:
            _add(exact, _compact(code), muscle)
    exact.update({code: tuple(candidates) for kind in ("ambiguous", "groups") for code, candidates in table[kind].items()})
    return Lexicon(
        part={muscle: entry["part"] for muscle, entry in muscles.items()},
        exact=exact,
        names=_by_beginning(names),
        long_names=_by_length(name for name, found in exact.items() if len(name) >= _LONG_NAME and len(found) == 1),
        codes=frozenset(set(exact) - in_full),
        ambiguous=frozenset(table["ambiguous"]),
        groups=frozenset(table["groups"]),
        doubtful={code: (entry["muscle"], entry["reason"]) for code, entry in table["doubtful"].items()},
        left_or_lower=table["left_or_lower"],
        lateral=table["lateral"],
        sides={word: side for side in Side for word in table["sides"][side.value]},
        side_pairs=tuple((left, right) for left, right in table["sides"]["pairs"]),
        regions={word: region for region in Region for word in table["regions"][region.value]},
        region_codes={_compact(code): region for region in Region for code in table["region_codes"][region.value]},
        french_words=frozenset(table["languages"]["french"]["words"]),
        french_codes=frozenset(table["languages"]["french"]["codes"]),
        spelled_out=table["spelled_out"],
        words={kind: frozenset(words) for kind, words in table["words"].items()},
        sets=tuple(table["sets"]),
        rules=tuple(table["rules"]),
    )


def _words(name: str, articles: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for word in words_of(name) if word not in articles)


def _by_beginning(names: Iterable[Name]) -> dict[str, tuple[Name, ...]]:
    index: dict[str, tuple[Name, ...]] = {}
    for name in names:
        beginning = name[0][0][:SHORTEST_CUT]
        index[beginning] = (*index.get(beginning, ()), name)
    return index


def _by_length(names: Iterable[str]) -> dict[int, tuple[str, ...]]:
    index: dict[int, tuple[str, ...]] = {}
    for name in names:
        index[len(name)] = (*index.get(len(name), ()), name)
    return index


def _compact(code: str) -> str:
    return "".join(words_of(code))


def _add(index: dict[str, tuple[str, ...]], key: str, muscle: str) -> None:
    index[key] = tuple(dict.fromkeys([*index.get(key, ()), muscle]))
