"""Event labels in the words of the product: foot strike, foot off, movement start, cue; with the side where the label says it."""

import re

from hipspine.terms import Side

# Each pattern is matched against the lower-case label, without its side, in this order.
_CANONICAL: tuple[tuple[str, str], ...] = (
    (
        r"(foot|heel|initial|toe)[ _-]*(strike|contact|down|on)|touch[ _-]*down|^(hs|fs|ic|ih|td)$|^fersenauftritt|contact initial|contact du talon",
        "foot strike",
    ),
    (r"(foot|toe|heel)[ _-]*off|lift[ _-]*off|(stance|contact)[ _-]*end|^(to|fo)$|decollement|zehenabstoss", "foot off"),
    (
        r"(movement|motion|move|lift)[ _-]*(start|onset|begin)|start of (movement|motion)|^debut du mouvement|^bewegungsbeginn",
        "movement start",
    ),
    (r"(movement|motion|move)[ _-]*(end|stop|offset)|end of (movement|motion)", "movement end"),
    (r"^(verbal[ _-]*)?cue|^go$|^command", "cue"),
)
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
    for pattern, name in _CANONICAL:
        if re.search(pattern, rest):
            return name, side
    return label.strip(), side
