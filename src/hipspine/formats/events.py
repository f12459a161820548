"""Event labels in the words of the product: foot strike, foot off, movement start, cue; with the side where the label says it."""

import re

from hipspine.formats.vocabulary import vocabulary
from hipspine.terms import Side

_SIDE_WORDS = {"left": Side.LEFT, "right": Side.RIGHT, "l": Side.LEFT, "r": Side.RIGHT, "gauche": Side.LEFT, "droit": Side.RIGHT,
               "droite": Side.RIGHT, "links": Side.LEFT, "rechts": Side.RIGHT}  # fmt: skip
_GLUED = re.compile(r"^([lr])(hs|fs|ic|to|fo|td)$")


def canonical_event(label: str, context: str = "") -> tuple[str, Side | None]:
    """Label and side of an event; an unknown label stays as it is written.

    >>> canonical_event("Foot Strike", "Left")
    ('foot strike', <Side.LEFT: 'left'>)
    >>> canonical_event("RHS"), canonical_event("touchdown"), canonical_event("STRT")
    (('foot strike', <Side.RIGHT: 'right'>), ('foot strike', None), ('STRT', None))
    """
    words = [word for word in re.split(r"[\s_\-./:]+", label.strip().lower()) if word]
    glued = _GLUED.match("".join(words))
    if glued:
        words = [glued[1], glued[2]]
    sides = {_SIDE_WORDS[word] for word in [*words, context.strip().lower()] if word in _SIDE_WORDS}
    side = sides.pop() if len(sides) == 1 else None
    rest = " ".join(word for word in words if word not in _SIDE_WORDS)
    for pattern, name in vocabulary().events:
        if re.search(pattern, rest):
            return name, side
    return label.strip(), side
