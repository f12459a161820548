"""Which muscle a channel label means: many laboratories, six languages, one canonical name.

The vocabulary is a table (``data/muscle_names.toml``), not code: a new dialect is a new line there. A label that several muscles
fit stays ambiguous, with its candidates; only the other labels of the same recording may decide it, and the reason says so.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from hipspine.terms import ChannelStatus, Region, Side

_LATERALITY = {"l": Side.LEFT, "r": Side.RIGHT}
_SHORTEST_CUT = 3  # letters that a shortened word must keep
_SHORTEST_TYPO = 8  # letters below which a misspelling is not looked for


@dataclass(frozen=True, slots=True)
class MuscleName:
    """What a label says: muscle, side, region, how sure, and why."""

    muscle: str | None
    side: Side | None = None
    region: Region | None = None
    confidence: float = 0.0  # of the muscle, 0-1; 0 where no muscle was read
    reason: str = ""
    candidates: tuple[str, ...] = ()  # more than one: the label is ambiguous
    status: ChannelStatus = ChannelStatus.OK
    code: str = ""  # the label without side and filler words, as it was looked up


@dataclass(frozen=True)
class _Lexicon:
    """The table, indexed for look-up."""

    part: Mapping[str, str]  # muscle -> part of the body
    exact: Mapping[str, tuple[str, ...]]  # name or code without spaces -> muscles
    names: tuple[tuple[tuple[str, ...], str], ...]  # (words, muscle): may be shortened
    sides: Mapping[str, Side]
    regions: Mapping[str, Region]
    region_codes: Mapping[str, Region]
    doubtful: Mapping[str, tuple[str, str]]
    words: Mapping[str, frozenset[str]]
    sets: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]
    codes: frozenset[str] = field(default_factory=frozenset)


def resolve(label: str) -> MuscleName:
    """The muscle, side and region that one label means, read on its own.

    An ambiguous label has ``muscle=None`` and its candidates; a spare channel, a trigger or a nameless one says so by ``status``.
    Left and right are found in six languages, as word, prefix or suffix; ``L3`` is a vertebra, not a side.

    >>> name = resolve("R_GLUT_MAX")
    >>> name.muscle, name.side
    ('gluteus_maximus', <Side.RIGHT: 'right'>)
    >>> resolve("GM_L").candidates
    ('gluteus_maximus', 'gluteus_medius', 'gastrocnemius_medialis')
    >>> resolve("ES_L3_left").side
    <Side.LEFT: 'left'>
    """
    lexicon = _lexicon()
    words = words_of(label)
    word_set = set(words)
    if (
        not words
        or (word_set - set(lexicon.sides)) & lexicon.words["spare"]
        or all(word in lexicon.sides for word in words if len(word) > 1)
    ):
        if not words or not _is_code(words, lexicon):
            return _spare(label, words, lexicon)
    found = _resolve_words(words, lexicon)
    if found.muscle is not None or found.candidates:
        return found
    other = word_set & lexicon.words["not_emg"]
    if other:
        reason = f"'{sorted(other)[0]}' names another kind of measurement, not a muscle"
        return MuscleName(None, side=found.side, reason=reason, status=ChannelStatus.NOT_EMG, code=found.code)
    return found


def resolve_all(labels: Sequence[str]) -> tuple[MuscleName, ...]:
    """The muscles of all labels of one recording, each read in the light of the others; in the order given.

    A laboratory's set of codes (ME, MA, GM, GL, SO ...) is recognised as a whole; an ambiguous code is decided only where the
    other muscles leave one reading.

    >>> [name.muscle for name in resolve_all(["ME", "MA", "RF", "BF", "TA", "GM"])][:2]
    ['gluteus_medius', 'gluteus_maximus']
    """
    lexicon = _lexicon()
    names = [resolve(label) for label in labels]
    names = _with_sets(names, lexicon)
    names = _with_mirrors(names, labels, lexicon)
    return tuple(_with_rules(names, lexicon))


def muscles() -> tuple[str, ...]:
    """Every canonical muscle name, in the order of the table."""
    return tuple(_lexicon().part)


def part_of_body(muscle: str) -> str:
    """Where a muscle lies: hip, thigh, calf, trunk or arm.

    >>> part_of_body("multifidus")
    'trunk'
    """
    return _lexicon().part[muscle]


# ----------------------------------------------------------------------------------------------------------------- the label


def words_of(label: str) -> list[str]:
    """The label in lower-case words without accents: split at separators, at camelCase and before a trailing number.

    >>> words_of("EMG1_RGluteusMax"), words_of("ES_L3_left"), words_of("Voltage.LES")
    (['emg', '1', 'r', 'gluteus', 'max'], ['es', 'l3', 'left'], ['voltage', 'les'])
    """
    text = unicodedata.normalize("NFKD", label.replace("ß", "ss").replace("Å“", "oe").replace("œ", "oe"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<![A-Za-z])[µμu]V\b", " uv ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=(?<![A-Za-z])[LR])(?=[A-Z][a-z]{2})", " ", text)
    text = re.sub(r"(?i)\b(emg|semg|ch|channel|sensor|kanal|canal|voie)(\d+)", r"\1 \2 ", text)
    return [word for word in re.split(r"[^0-9a-zA-Z]+", text.lower()) if word]


def _resolve_words(words: list[str], lexicon: _Lexicon) -> MuscleName:
    """The first reading that gives a muscle: sides as words, then the whole as a code, then a side letter glued to the code."""
    meaning = [word for word in words if word not in lexicon.words["noise"] and not word.isdigit()]
    core, side = _take_side(meaning, lexicon)
    for candidate_words, candidate_side in ((meaning, None), (core, side)) if not _spells_side(meaning, lexicon) else ((core, side),):
        found = _look_up(candidate_words, candidate_side, lexicon)
        if found is not None:
            return found
    if side is None:
        found = _glued_side(core, lexicon)
        if found is not None:
            return found
    nameless = not core
    reason = "names a channel, not a muscle" if nameless else f"no muscle is known as '{' '.join(core)}'"
    return MuscleName(None, side=side, reason=reason, status=ChannelStatus.UNNAMED, code="".join(core))


def _spells_side(words: list[str], lexicon: _Lexicon) -> bool:
    """Whether a side stands in full or as one letter at an end: then it is never part of a muscle's name."""
    return len(words) > 1 and (words[0] in lexicon.sides or words[-1] in lexicon.sides)


def _take_side(words: list[str], lexicon: _Lexicon) -> tuple[list[str], Side | None]:
    """The words without the side, and the side; two different sides cancel out, as do words that name a muscle ("grand droit")."""
    places = [i for i, word in enumerate(words) if word in lexicon.sides]
    for drop in ([i for i in places if i in (0, len(words) - 1)], places):
        sides = {lexicon.sides[words[i]] for i in drop}
        rest = [word for i, word in enumerate(words) if i not in drop]
        if len(sides) == 1 and (rest or len(words) == 1):
            if "".join(words) in lexicon.exact:  # "grand droit", "droit anterieur": the word belongs to the muscle
                return words, None
            return rest, sides.pop()
    return words, None


def _glued_side(core: list[str], lexicon: _Lexicon) -> MuscleName | None:
    """A label such as LGMAX, RERS or GMAXR: the side is the first or last letter of the code."""
    if not core:
        return None
    for word_place, letter_place in ((0, 0), (-1, -1)):
        word = core[word_place]
        side = _LATERALITY.get(word[letter_place])
        rest = word[1:] if letter_place == 0 else word[:-1]
        shortest = 2 if letter_place == 0 else 3  # "BFL" is the long head before it is a left biceps
        if side is None or len(rest) < shortest:
            continue
        stripped = [rest, *core[1:]] if word_place == 0 else [*core[:-1], rest]
        found = _look_up(stripped, side, lexicon)
        if found is not None:
            return replace(
                found, confidence=min(found.confidence, 0.85), reason=f"{found.reason}; side from the letter '{word[letter_place].upper()}'"
            )
    return None


# --------------------------------------------------------------------------------------------------------------- the look-up


def _look_up(words: list[str], side: Side | None, lexicon: _Lexicon) -> MuscleName | None:
    """A muscle for these words: as they stand, without the vertebral level, without the region, shortened, or misspelt."""
    without_level = [word for word in words if word not in lexicon.words["levels"]]
    regions = {lexicon.regions[word] for word in without_level if word in lexicon.regions}
    without_region = [word for word in without_level if word not in lexicon.regions]
    for attempt in (words, without_level, without_region):
        if not attempt:
            continue
        found = _exact("".join(attempt), side, lexicon) or _shortened(attempt, side, lexicon)
        if found is not None:
            region = (
                next(iter(regions))
                if attempt is without_region and len(regions) == 1 and found.muscle == "gluteus_maximus"
                else found.region
            )
            return replace(found, region=region)
    return _misspelt("".join(words), side, lexicon)


def _exact(code: str, side: Side | None, lexicon: _Lexicon) -> MuscleName | None:
    if code in lexicon.region_codes:
        return MuscleName(
            "gluteus_maximus", side, lexicon.region_codes[code], 0.9, f"'{code}' names a region of gluteus maximus", code=code
        )
    if code in lexicon.doubtful:
        muscle, reason = lexicon.doubtful[code]
        return MuscleName(muscle, side, None, 0.6, reason, code=code)
    found = lexicon.exact.get(code)
    if not found:
        return None
    if len(found) > 1 or code in _lexicon_ambiguous():
        return _ambiguous(code, side, found)
    is_code = code in lexicon.codes
    return MuscleName(found[0], side, None, 0.9 if is_code else 1.0, f"'{code}' is a usual code" if is_code else "named in full", code=code)


def _shortened(words: list[str], side: Side | None, lexicon: _Lexicon) -> MuscleName | None:
    """Each word is the beginning of the word of a muscle's name; names of as many words go before longer ones."""
    if any(len(word) < _SHORTEST_CUT for word in words):
        return None
    fits = [
        (name, muscle)
        for name, muscle in lexicon.names
        if len(name) >= len(words) and all(n.startswith(w) for n, w in zip(name, words, strict=False))
    ]
    for length in sorted({len(name) for name, _ in fits}):
        found = tuple(dict.fromkeys(muscle for name, muscle in fits if len(name) == length))
        code = "".join(words)
        if len(found) == 1 and (length == len(words) or len(words) > 1 or len(code) >= 5):
            return MuscleName(found[0], side, None, 0.8, f"'{' '.join(words)}' is short for {found[0].replace('_', ' ')}", code=code)
        if len(found) > 1:
            return _ambiguous(code, side, found)
    return None


def _misspelt(code: str, side: Side | None, lexicon: _Lexicon) -> MuscleName | None:
    if len(code) < _SHORTEST_TYPO:
        return None
    long_names = [name for name in lexicon.exact if len(name) >= _SHORTEST_TYPO and len(lexicon.exact[name]) == 1]
    near = difflib.get_close_matches(code, long_names, n=3, cutoff=0.9)
    found = {lexicon.exact[name][0] for name in near}
    if len(found) != 1:
        return None
    return MuscleName(found.pop(), side, None, 0.6, f"'{code}' is close to '{near[0]}'", code=code)


def _ambiguous(code: str, side: Side | None, found: tuple[str, ...]) -> MuscleName:
    listed = " or ".join(muscle.replace("_", " ") for muscle in found)
    return MuscleName(None, side, None, 0.0, f"'{code}' may be {listed}", found, ChannelStatus.AMBIGUOUS, code)


def _spare(label: str, words: list[str], lexicon: _Lexicon) -> MuscleName:
    _, side = _take_side(words, lexicon)
    reason = "has no label" if not label.strip() else f"'{label.strip()}' marks a channel that was not used"
    return MuscleName(None, side=side, reason=reason, status=ChannelStatus.EMPTY)


def _is_code(words: list[str], lexicon: _Lexicon) -> bool:
    return "".join(words) in lexicon.exact


# ------------------------------------------------------------------------------------------------------ the set as a context


def _with_sets(names: list[MuscleName], lexicon: _Lexicon) -> list[MuscleName]:
    """Codes read as the laboratory that uses them together reads them."""
    present = {name.code for name in names}
    for known in lexicon.sets:
        codes: Mapping[str, str] = known["codes"]
        keys = set(known["keys"])
        if present & keys and len(present & (set(codes) - keys)) >= known["others"]:
            reason = f"as in the {known['name']} that the other labels belong to"
            names = [
                replace(n, muscle=codes[n.code], confidence=0.9, reason=f"'{n.code}' {reason}", candidates=(), status=ChannelStatus.OK)
                if n.code in codes
                else n
                for n in names
            ]
    return names


def _with_mirrors(names: list[MuscleName], labels: Sequence[str], lexicon: _Lexicon) -> list[MuscleName]:
    """Sides and regions that only a partner label reveals: BFL beside BFR is a left one; LGMAX beside UGMAX is a lower one."""
    compact = {"".join(words_of(label)): i for i, label in enumerate(labels)}
    out = list(names)
    for text, i in compact.items():
        if names[i].side is None and text[-1:] in _LATERALITY and names[i].status is not ChannelStatus.EMPTY:
            partner = text[:-1] + ("r" if text[-1] == "l" else "l")
            stem = _look_up([text[:-1]], _LATERALITY[text[-1]], lexicon)
            if partner in compact and stem is not None:
                out[i] = replace(stem, reason=f"{stem.reason}; side from its partner label")
        if text.startswith("lgm") and "u" + text[1:] in compact and "r" + text[1:] not in compact:
            stem = _look_up([text[1:]], None, lexicon)
            if stem is not None and stem.muscle == "gluteus_maximus":
                out[i] = replace(stem, region=Region.LOWER, reason=f"{stem.reason}; lower, beside an upper one")
    return out


def _with_rules(names: list[MuscleName], lexicon: _Lexicon) -> list[MuscleName]:
    """Ambiguous codes that the muscles named beside them decide."""
    named = {name.muscle for name in names if name.muscle is not None}
    around = named | {lexicon.part[muscle] for muscle in named}
    return [_decided(name, around, lexicon) if name.status is ChannelStatus.AMBIGUOUS else name for name in names]


def _decided(name: MuscleName, around: set[str], lexicon: _Lexicon) -> MuscleName:
    for rule in lexicon.rules:
        if name.code in rule["code"] and around & set(rule["beside"]) and not around & set(rule["without"]):
            return replace(
                name,
                muscle=rule["muscle"],
                confidence=0.7,
                reason=f"'{name.code}': {rule['reason']}",
                candidates=(),
                status=ChannelStatus.OK,
            )
    return name


# ------------------------------------------------------------------------------------------------------------------ the table


@cache
def _table() -> dict[str, Any]:
    text = resources.files("hipspine.anatomy").joinpath("data/muscle_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _lexicon_ambiguous() -> frozenset[str]:
    return frozenset(_table()["ambiguous"])


@cache
def _lexicon() -> _Lexicon:
    table = _table()
    exact: dict[str, tuple[str, ...]] = {}
    names: list[tuple[tuple[str, ...], str]] = []
    codes: set[str] = set()
    for muscle, entry in table["muscles"].items():
        for name in [muscle, *entry["names"]]:
            words = tuple(words_of(name))
            names.append((words, muscle))
            _add(exact, "".join(words), (muscle,))
        for code in entry["codes"]:
            codes.add(_compact(code))
            _add(exact, _compact(code), (muscle,))
    for code, candidates in table["ambiguous"].items():
        exact[code] = tuple(candidates)
    return _Lexicon(
        part={muscle: entry["part"] for muscle, entry in table["muscles"].items()},
        exact=exact,
        names=tuple(names),
        sides={word: side for side in Side for word in table["sides"][side.value]},
        regions={word: region for region in Region for word in table["regions"][region.value]},
        region_codes={_compact(code): region for region in Region for code in table["region_codes"][region.value]},
        doubtful={code: (entry["muscle"], entry["reason"]) for code, entry in table["doubtful"].items()},
        words={kind: frozenset(words) for kind, words in table["words"].items()},
        sets=tuple(table["sets"]),
        rules=tuple(table["rules"]),
        codes=frozenset(codes),
    )


def _compact(code: str) -> str:
    return "".join(words_of(code))


def _add(index: dict[str, tuple[str, ...]], key: str, muscles_: Iterable[str]) -> None:
    index[key] = tuple(dict.fromkeys([*index.get(key, ()), *muscles_]))
