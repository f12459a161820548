"""One label read on its own: which words are a side, and what the others name."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hipspine.anatomy.lexicon import LONGEST_LABEL, lexicon, meaning_of, words_of
from hipspine.anatomy.look_up import GLUED, SHORT, look_up
from hipspine.anatomy.muscle_name import MuscleName, ambiguous, on_side
from hipspine.terms import ChannelStatus, Side

_LATERALITY = {"l": Side.LEFT, "r": Side.RIGHT}
_ONLY_LAST = ("g", "d")  # gauche and droite as letters; in front, G is gluteus or gastrocnemius
_LONGEST_NAME, _SHORTEST_WITHIN = 5, 8  # words of a name; letters of one that is looked for inside a longer label
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def read_label(label: str) -> MuscleName:
    """What a label says alone: a muscle, several candidates, or a channel that is spare, another measurement or nameless.

    >>> read_label("R_GLUT_MAX").muscle, read_label("Spare 2").status.value, read_label("Acc X").status.value
    ('gluteus_maximus', 'empty', 'not_emg')
    """
    label = label[:LONGEST_LABEL]
    words = words_of(label)
    if is_spare(words):
        return _spare(label, words)
    found = _first_named(_readings(label, words))
    other = sorted(set(words) & lexicon().words["not_emg"])
    if found.status is ChannelStatus.UNNAMED and other:
        reason = f"'{other[0]}' names another kind of measurement, not a muscle"
        return MuscleName(None, found.side, reason=reason, status=ChannelStatus.NOT_EMG, code=found.code)
    return _named_within(words) or found if found.status is ChannelStatus.UNNAMED else found


def _named_within(words: Sequence[str]) -> MuscleName | None:
    """A name in full somewhere in a long label, such as a sensor's: "Ultium EMG Sensor 3 Lt Gluteus Maximus (raw)"; two are asked.

    >>> _named_within(words_of("Ultium Sensor 3 Lt Gluteus Maximus upper part raw")).muscle
    'gluteus_maximus'
    """
    table, hits = lexicon(), dict[tuple[int, int], str]()
    for start in range(len(words)):
        for stop in range(start + 1, min(start + _LONGEST_NAME, len(words)) + 1):
            code = "".join(words[start:stop])
            muscles = table.exact.get(code, ())
            if len(muscles) == 1 and len(code) >= _SHORTEST_WITHIN and code not in table.codes | table.ambiguous | table.groups:
                hits[start, stop] = muscles[0]
    longest = [run for run in hits if not any(a <= run[0] and run[1] <= b for a, b in hits if (a, b) != run)]
    found = tuple(dict.fromkeys(hits[run] for run in longest))
    if not found:
        return None
    rest = [word for i, word in enumerate(words) if not any(a <= i < b for a, b in longest)]
    sides = {table.sides[word] for word in rest if word in table.sides and (len(word) > 1 or word in _LATERALITY)}
    side = sides.pop() if len(sides) == 1 else None
    code = "".join(words[slice(*longest[0])])
    if len(found) > 1:
        return ambiguous(code, side, found)
    regions = {table.regions[word] for word in rest if word in table.regions} if found[0] == "gluteus_maximus" else set()
    return MuscleName(found[0], side, regions.pop() if len(regions) == 1 else None, SHORT, "named in full within the label", code=code)


def _readings(label: str, words: Sequence[str]) -> Iterator[list[str]]:
    """The words that may name a muscle: without small words, with them ("del" may be deltoid), without remarks in brackets."""
    meaning, full = meaning_of(words), meaning_of(words, articles=True)
    yield meaning
    if full != meaning:
        yield full
    if _BRACKETS.search(label):
        yield meaning_of(words_of(_without_remarks(label)))


def _first_named(readings: Iterator[list[str]]) -> MuscleName:
    first = found = _named(next(readings))
    while found.status is ChannelStatus.UNNAMED and (words := next(readings, None)) is not None:
        found = _named(words)
    return first if found.status is ChannelStatus.UNNAMED else found


def is_spare(words: Sequence[str]) -> bool:
    """Whether a label marks a channel that nobody used: by a word for it, or by nothing but a side or no word at all.

    >>> [is_spare(words_of(label)) for label in ("Spare", "not used", "n.c.", "-- Gauche", "", "GMAX")]
    [True, True, True, True, True, False]
    """
    table = lexicon()
    letters = [word for word in words if not word.isdigit()]
    pairs = {first + second for first, second in pairwise(words)}
    marked = (set(words) | pairs) & table.words["spare"]
    only_sides = all(word in table.sides for word in letters) and (letters or not words)
    return bool(marked or only_sides) and "".join(words) not in table.exact


def _without_remarks(label: str) -> str:
    """The label without what stands in brackets, but for sides and regions: "(1cm up, 3cm out)" goes, "(L)" stays."""

    def kept(match: re.Match[str]) -> str:
        words = words_of(match[0])
        return f" {match[0][1:-1]} " if all(word in lexicon().sides or word in lexicon().regions for word in words) else " "

    return _BRACKETS.sub(kept, label)


def _spare(label: str, words: Sequence[str]) -> MuscleName:
    sides = {lexicon().sides[word] for word in words if word in lexicon().sides}
    reason = f"'{label.strip()}' marks a channel that was not used" if words else "has no label"
    side = sides.pop() if len(sides) == 1 else None
    return MuscleName(None, side, reason=reason, status=ChannelStatus.EMPTY, code="".join(words))


def _named(meaning: Sequence[str]) -> MuscleName:
    """The first reading that gives a muscle: the side as a word of its own, else as a letter glued to the code."""
    side: Side | None = None
    core = list(meaning)
    for rest, its_side in _without_side(meaning):
        found = look_up(rest, its_side)
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
            found = look_up(rest, _LATERALITY[letter])
            if found is not None:
                return on_side(found, _LATERALITY[letter], f"side from the letter '{letter.upper()}'", most=GLUED)
    return None
