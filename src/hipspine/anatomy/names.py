"""Which muscle a channel label means: many laboratories, six languages, one canonical name.

The vocabulary is a table (``data/muscle_names.toml``), not code: a new dialect is a new line there. A label that several muscles
fit stays ambiguous, with its candidates; only the other labels of the same recording may decide it, and the reason says so.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.terms import ChannelStatus, Region, Side

_LATERALITY = {"l": Side.LEFT, "r": Side.RIGHT}
_LEFT_OF_D = ("g", "i", "e", "s")  # gauche, izquierdo, esquerdo, sinistro: left where a partner label ends in D
_ONLY_LAST = ("g", "d")  # gauche and droite as letters; in front, G is gluteus or gastrocnemius
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
    candidates: tuple[str, ...] = ()  # the label is ambiguous: one of these, or another
    status: ChannelStatus = ChannelStatus.OK
    code: str = ""  # the label without side and filler words, as it was looked up


@lru_cache(maxsize=4096)
def resolve(label: str) -> MuscleName:
    """The muscle, side and region that one label means, read on its own.

    An ambiguous label has ``muscle=None`` and its candidates; a spare channel, a trigger or a nameless one says so by ``status``.
    Left and right are found in six languages, as word, prefix or suffix; ``L3`` is a vertebra, not a side. The confidence is 1.0 for
    a name in full, 0.9 for a usual code, 0.85 with a side letter glued to it, 0.8 for a shortened name, 0.6 for a misspelt or
    doubtful one.

    >>> name = resolve("R_GLUT_MAX")
    >>> name.muscle, name.side
    ('gluteus_maximus', <Side.RIGHT: 'right'>)
    >>> resolve("GM_L").candidates
    ('gluteus_maximus', 'gluteus_medius', 'gastrocnemius_medialis')
    >>> resolve("ES_L3_left").side
    <Side.LEFT: 'left'>
    """
    words = words_of(label)
    letters = [word for word in words if not word.isdigit()]
    marks = set(words) & lexicon().words["spare"] or (all(word in lexicon().sides for word in letters) and (letters or not words))
    if marks and "".join(words) not in lexicon().exact:
        return _spare(label, words)
    found = _named(words)
    other = sorted(set(words) & lexicon().words["not_emg"])
    if found.muscle is None and not found.candidates and other:
        reason = f"'{other[0]}' names another kind of measurement, not a muscle"
        return MuscleName(None, found.side, reason=reason, status=ChannelStatus.NOT_EMG, code=found.code)
    return found


def resolve_all(labels: Sequence[str]) -> tuple[MuscleName, ...]:
    """The muscles of all labels of one recording, each read in the light of the others; in the order given.

    A laboratory's set of codes (ME, MA, GM, GL, SO ...) is recognised as a whole; an ambiguous code is decided only where the
    other muscles leave one reading.

    >>> [name.muscle for name in resolve_all(["ME", "MA", "RF", "BF", "TA", "GM"])][:2]
    ['gluteus_medius', 'gluteus_maximus']
    """
    names = _with_sets([resolve(label) for label in labels])
    return tuple(_with_rules(_with_partners(names, labels)))


def muscles() -> tuple[str, ...]:
    """Every canonical muscle name, in the order of the table."""
    return tuple(lexicon().part)


def part_of_body(muscle: str) -> str:
    """Where a muscle lies: hip, thigh, calf, trunk or arm.

    >>> part_of_body("multifidus")
    'trunk'
    """
    return lexicon().part[muscle]


# ------------------------------------------------------------------------------------------------------------------ one label


def _named(words: Sequence[str]) -> MuscleName:
    """The first reading that gives a muscle: the side as a word of its own, else as a letter glued to the code."""
    meaning = [word for word in words if word not in lexicon().words["noise"] and not word.isdigit()]
    side: Side | None = None
    core = meaning
    for rest, its_side in _without_side(meaning):
        found = _look_up(rest, its_side)
        if found is not None:
            return found
        if side is None:
            core, side = rest, its_side
    glued = _with_glued_side(core) if side is None else None
    if glued is not None:
        return glued
    reason = f"no muscle is known as '{' '.join(core)}'" if core else "names a channel, not a muscle"
    return MuscleName(None, side, reason=reason, status=ChannelStatus.UNNAMED, code="".join(core))


def _without_side(words: Sequence[str]) -> Iterator[tuple[list[str], Side | None]]:
    """Ways to take the side out: the outer words before inner ones, for "droit antérieur droit" holds the word for right twice."""
    last = len(words) - 1
    places = [i for i, word in enumerate(words) if word in lexicon().sides and (i == last or word not in _ONLY_LAST)]
    if "".join(words) in lexicon().exact and not any(words[i] in _LATERALITY for i in places):
        yield list(words), None  # "grand droit": the word belongs to the muscle
    for drop in ([last], [0], [0, last], places):
        sides = {lexicon().sides[words[i]] for i in drop if i in places}
        if len(sides) == 1 and set(drop) <= set(places) and len(set(drop)) < len(words):
            yield [word for i, word in enumerate(words) if i not in drop], sides.pop()
    if not places:
        yield list(words), None


def _with_glued_side(core: Sequence[str]) -> MuscleName | None:
    """A label such as LGMAX, RERS or GMAXR: the side is the first or the last letter of the code."""
    if not core:
        return None
    first, last = core[0], core[-1]
    attempts = [(first[:1], [first[1:], *core[1:]], 2), (last[-1:], [*core[:-1], last[:-1]], 3)]
    for letter, rest, shortest in attempts:  # a code before a last letter needs three: BFL may be the long head
        if letter in _LATERALITY and min(map(len, rest)) >= shortest:
            found = _look_up(rest, _LATERALITY[letter])
            if found is not None:
                reason = f"{found.reason}; side from the letter '{letter.upper()}'"
                return replace(found, confidence=min(found.confidence, 0.85), reason=reason)
    return None


def _spare(label: str, words: Sequence[str]) -> MuscleName:
    sides = {lexicon().sides[word] for word in words if word in lexicon().sides}
    reason = f"'{label.strip()}' marks a channel that was not used" if words else "has no label"
    return MuscleName(None, sides.pop() if len(sides) == 1 else None, reason=reason, status=ChannelStatus.EMPTY)


# --------------------------------------------------------------------------------------------------------------- the look-up


def _look_up(words: Sequence[str], side: Side | None) -> MuscleName | None:
    """A muscle for these words: as they stand, without the vertebral level, without the region, shortened, or misspelt."""
    no_level = [word for word in words if word not in lexicon().words["levels"]]
    no_region = [word for word in no_level if word not in lexicon().regions]
    regions = {lexicon().regions[word] for word in no_level if word in lexicon().regions}
    for attempt in (words, no_level, no_region):
        found = (_exact("".join(attempt), side) or _shortened(attempt, side)) if attempt else None
        if found is not None:
            of_glute = attempt is no_region and len(regions) == 1 and found.muscle == "gluteus_maximus"
            return replace(found, region=regions.pop()) if of_glute else found
    return _misspelt("".join(words), side)


def _exact(code: str, side: Side | None) -> MuscleName | None:
    table = lexicon()
    if code in table.region_codes:
        return MuscleName("gluteus_maximus", side, table.region_codes[code], 0.9, f"'{code}' is a region of gluteus maximus", code=code)
    if code in table.doubtful:
        muscle, reason = table.doubtful[code]
        return MuscleName(muscle, side, None, 0.6, reason, code=code)
    found = table.exact.get(code)
    if not found:
        return None
    if len(found) > 1 or code in table.ambiguous:
        return _ambiguous(code, side, found)
    if code in table.codes:
        return MuscleName(found[0], side, None, 0.9, f"'{code}' is a usual code", code=code)
    return MuscleName(found[0], side, None, 1.0, "named in full", code=code)


def _shortened(words: Sequence[str], side: Side | None) -> MuscleName | None:
    """Each word is the beginning of a word of a muscle's name; names of as many words go before longer ones."""
    if any(len(word) < _SHORTEST_CUT for word in words):
        return None
    fits = [(name, muscle) for name, muscle in lexicon().names if _begins(name, words)]
    code = "".join(words)
    for length in sorted({len(name) for name, _ in fits}):
        found = tuple(dict.fromkeys(muscle for name, muscle in fits if len(name) == length))
        if len(found) > 1:
            return _ambiguous(code, side, found)
        if length == len(words) or len(words) > 1 or len(code) >= 5:
            return MuscleName(found[0], side, None, 0.8, f"'{' '.join(words)}' is short for {found[0].replace('_', ' ')}", code=code)
    return None


def _begins(name: Sequence[str], words: Sequence[str]) -> bool:
    return len(name) >= len(words) and all(whole.startswith(word) for whole, word in zip(name, words, strict=False))


def _misspelt(code: str, side: Side | None) -> MuscleName | None:
    if len(code) < _SHORTEST_TYPO:
        return None
    near = difflib.get_close_matches(code, lexicon().long_names, n=3, cutoff=0.9)
    found = {lexicon().exact[name][0] for name in near}
    return MuscleName(found.pop(), side, None, 0.6, f"'{code}' is close to '{near[0]}'", code=code) if len(found) == 1 else None


def _ambiguous(code: str, side: Side | None, found: tuple[str, ...]) -> MuscleName:
    listed = " or ".join(muscle.replace("_", " ") for muscle in found)
    return MuscleName(None, side, None, 0.0, f"'{code}' may be {listed}", found, ChannelStatus.AMBIGUOUS, code)


# ------------------------------------------------------------------------------------------------------- the set as a context


def _with_sets(names: list[MuscleName]) -> list[MuscleName]:
    """Codes read as the laboratory that uses them together reads them."""
    present = {name.code for name in names}
    for known in lexicon().sets:
        codes: Mapping[str, str] = known["codes"]
        keys = set(known["keys"])
        if present & keys and len(present & (set(codes) - keys)) >= known["others"]:
            reason = f"as in the {known['name']} that the other labels belong to"
            names = [_settled(name, codes[name.code], 0.9, reason) if name.code in codes else name for name in names]
    return names


def _settled(name: MuscleName, muscle: str, confidence: float, reason: str) -> MuscleName:
    return MuscleName(muscle, name.side, name.region, confidence, f"'{name.code}': {reason}", code=name.code)


def _with_partners(names: list[MuscleName], labels: Sequence[str]) -> list[MuscleName]:
    """Sides and regions that only a partner label reveals: BFL beside BFR and GMAX_E beside GMAX_D are left, LGMAX beside UGMAX lower."""
    texts = ["".join(words_of(label)) for label in labels]
    return [_with_partner(name, text, set(texts)) for name, text in zip(names, texts, strict=True)]


def _with_partner(name: MuscleName, text: str, texts: set[str]) -> MuscleName:
    stem, end = text[:-1], text[-1:]
    partners = {"l": ("r",), "r": ("l",), "d": _LEFT_OF_D, **dict.fromkeys(_LEFT_OF_D, ("d",))}.get(end, ())
    if name.side is None and stem and name.status is not ChannelStatus.EMPTY and any(stem + other in texts for other in partners):
        found = _look_up([stem], Side.LEFT if end in ("l", *_LEFT_OF_D) else Side.RIGHT)
        if found is not None:
            return replace(found, reason=f"{found.reason}; side from its partner label")
    if text.startswith("l") and "u" + text[1:] in texts and "r" + text[1:] not in texts:
        found = _look_up([text[1:]], None)
        if found is not None and found.muscle == "gluteus_maximus":
            return replace(found, region=Region.LOWER, reason=f"{found.reason}; lower, beside an upper one")
    return name


def _with_rules(names: list[MuscleName]) -> list[MuscleName]:
    """Ambiguous codes that the muscles named beside them decide."""
    named = {name.muscle for name in names if name.muscle is not None}
    around = named | {part_of_body(muscle) for muscle in named}
    return [_decided(name, around) if name.status is ChannelStatus.AMBIGUOUS else name for name in names]


def _decided(name: MuscleName, around: set[str]) -> MuscleName:
    for rule in lexicon().rules:
        if name.code in rule["code"] and around & set(rule["beside"]) and not around & set(rule["without"]):
            return _settled(name, rule["muscle"], 0.7, rule["reason"])
    return name
