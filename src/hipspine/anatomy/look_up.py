"""From the words of a label to a muscle: as they stand, without level and region, shortened, or misspelt."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

from hipspine.anatomy.lexicon import SHORTEST_CUT, Name, lexicon
from hipspine.anatomy.muscle_name import MuscleName, ambiguous
from hipspine.terms import Side

FULL, CODE, GLUED, SHORT, DOUBTFUL = 1.0, 0.9, 0.85, 0.8, 0.6  # confidence of a name in full, a code, a side glued to it, ...
_SHORTEST_TYPO = 8  # letters below which a misspelling is not looked for
_TYPO_LENGTH = 2  # letters that a misspelling may have more or less


def look_up(words: Sequence[str], side: Side | None) -> MuscleName | None:
    """The muscle of these words (lower case, no side among them), or None; ambiguous ones with their candidates.

    Tried in this order: as they stand; without vertebral levels; without regions; without parts of muscles; each exactly and then
    with shortened words; last with a number taken from the end, and with a small misspelling.

    >>> look_up(["es", "l3"], None).muscle, look_up(["lateral", "hamstrin"], None).muscle, look_up(["glmed1"], None).muscle
    ('erector_spinae', 'lateral_hamstrings', 'gluteus_medius')
    """
    no_level = [word for word in words if word not in lexicon().words["levels"]]
    no_region = [word for word in no_level if word not in lexicon().regions]
    no_part = [word for word in no_region if word not in lexicon().words["parts"]]
    return (
        _as_written(words, side)
        or _as_written(no_level, side)
        or _of_region(no_level, no_region, side)
        or _of_region(no_level, no_part, side)
        or _as_written(no_part, side)
        or _numbered(words, side)
        or _misspelt("".join(words), side)
    )


def _as_written(words: Sequence[str], side: Side | None) -> MuscleName | None:
    return (_exact("".join(words), side) or _shortened(words, side)) if words else None


def _of_region(words: Sequence[str], no_region: Sequence[str], side: Side | None) -> MuscleName | None:
    """A muscle after its region is taken out; only gluteus maximus has regions here, so "sup GM" is gluteus maximus."""
    regions = {lexicon().regions[word] for word in words if word in lexicon().regions}
    found = _as_written(no_region, side) if regions else None
    if found is None or len(regions) != 1:
        return found
    region = regions.pop()
    if found.muscle == "gluteus_maximus":
        return replace(found, region=region)
    if found.code in lexicon().ambiguous and "gluteus_maximus" in found.candidates:
        reason = f"'{found.code}' with a region: gluteus maximus"
        return MuscleName("gluteus_maximus", side, region, SHORT, reason, code="".join(words))
    return found


def _exact(code: str, side: Side | None) -> MuscleName | None:
    table = lexicon()
    if side is not None and code in table.lateral:  # its L is no side, for the side stands beside it
        return MuscleName(table.lateral[code], side, None, CODE, f"'{code}' is a usual code", code=code)
    if side is not None and code in table.left_or_lower:
        code = table.left_or_lower[code]
    if code in table.region_codes:
        region = table.region_codes[code]
        return MuscleName("gluteus_maximus", side, region, CODE, f"'{code}' is a region of gluteus maximus", code=code)
    if code in table.doubtful:
        muscle, reason = table.doubtful[code]
        return MuscleName(muscle, side, None, DOUBTFUL, reason, code=code)
    found = table.exact.get(code)
    if not found:
        return None
    if len(found) > 1 or code in table.ambiguous | table.groups:
        return ambiguous(code, side, found)
    if code in table.codes:
        return MuscleName(found[0], side, None, CODE, f"'{code}' is a usual code", code=code)
    return MuscleName(found[0], side, None, FULL, "named in full", code=code)


def _shortened(words: Sequence[str], side: Side | None) -> MuscleName | None:
    """Each word is the beginning of a word of a muscle's name; names of as many words go before longer ones.

    A single word needs four letters, or stands for several that are glued together: "rectusfem", "addbre".
    """
    if any(len(word) < SHORTEST_CUT for word in words) or (len(words) == 1 and len(words[0]) <= SHORTEST_CUT):
        return None
    fits = [(name, muscle) for name, muscle in _names_like(words[0]) if _begins(name, words)]
    code = "".join(words)
    if not fits and len(words) == 1:
        return _glued_words(code, side)
    for length in sorted({len(name) for name, _ in fits}):
        found = tuple(dict.fromkeys(muscle for name, muscle in fits if len(name) == length))
        if len(found) > 1:
            return ambiguous(code, side, found)
        if length == len(words) or len(words) > 1 or len(code) >= 5:
            return MuscleName(found[0], side, None, SHORT, f"'{' '.join(words)}' is short for {found[0].replace('_', ' ')}", code=code)
    return None


def _names_like(word: str) -> tuple[Name, ...]:
    return lexicon().names.get(word[:SHORTEST_CUT], ())


def _glued_words(code: str, side: Side | None) -> MuscleName | None:
    found = tuple(dict.fromkeys(muscle for name, muscle in _names_like(code) if len(name) > 1 and _begins_glued(name, code)))
    if len(found) != 1:
        return ambiguous(code, side, found) if found else None
    return MuscleName(found[0], side, None, SHORT, f"'{code}' is short for {found[0].replace('_', ' ')}", code=code)


def _begins_glued(name: Sequence[str], code: str) -> bool:
    """Whether a code is the beginnings of all words of a name, at least three letters of each.

    >>> _begins_glued(("rectus", "femoris"), "rectusfem"), _begins_glued(("rectus", "femoris"), "rectus")
    (True, False)
    """
    if not name:
        return not code
    longest = next((n for n, (a, b) in enumerate(zip(name[0], code, strict=False)) if a != b), min(len(name[0]), len(code)))
    return any(_begins_glued(name[1:], code[cut:]) for cut in range(SHORTEST_CUT, longest + 1))


def _begins(name: Sequence[str], words: Sequence[str]) -> bool:
    return len(name) >= len(words) and all(whole.startswith(word) for whole, word in zip(name, words, strict=False))


def _numbered(words: Sequence[str], side: Side | None) -> MuscleName | None:
    """A code with a number behind it, such as the lines of a model (glmed1) or a second electrode (TA2)."""
    bare = re.sub(r"\d{1,2}$", "", words[-1]) if words else ""
    if not bare or bare == words[-1]:
        return None
    found = _exact("".join((*words[:-1], bare)), side)
    return found or (_shortened([*words[:-1], bare], side) if len(words) > 1 else None)


def _misspelt(code: str, side: Side | None) -> MuscleName | None:
    """A name of nearly the same length that begins or ends alike and differs in a letter or two."""
    if len(code) < _SHORTEST_TYPO:
        return None
    lengths = range(len(code) - _TYPO_LENGTH, len(code) + _TYPO_LENGTH + 1)
    alike = [n for length in lengths for n in lexicon().long_names.get(length, ()) if n[0] == code[0] or n[-2:] == code[-2:]]
    near = difflib.get_close_matches(code, alike, n=3, cutoff=0.9)
    found = {lexicon().exact[name][0] for name in near}
    return MuscleName(found.pop(), side, None, DOUBTFUL, f"'{code}' is close to '{near[0]}'", code=code) if len(found) == 1 else None
