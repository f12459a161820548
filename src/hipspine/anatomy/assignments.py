"""What somebody says a channel label means, where the label alone does not: ``GM_L=gluteus_maximus:left``."""

import difflib
from dataclasses import dataclass
from typing import TypeVar

from hipspine.anatomy.names import muscles, resolve
from hipspine.errors import InputError
from hipspine.terms import Region, Side

NOT_A_MUSCLE = "none"

Term = TypeVar("Term", Side, Region)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The meaning of one label, as a person stated it."""

    muscle: str | None  # canonical; None: the channel is no EMG of a muscle
    side: Side | None = None  # None where the person left it open: then as the label says
    region: Region | None = None

    def text(self) -> str:
        """As it is written in a mapping: ``gluteus_maximus/upper:left``."""
        muscle = self.muscle or NOT_A_MUSCLE
        return muscle + (f"/{self.region.value}" if self.region else "") + (f":{self.side.value}" if self.side else "")


def assignment_of(text: str) -> Assignment:
    """The meaning in ``muscle``, ``muscle:side`` or ``muscle/region:side``; the muscle in any dialect that `resolve` knows.

    >>> assignment_of("GMAX/upper:left").text()
    'gluteus_maximus/upper:left'

    Raises:
        InputError: no such muscle, side or region; with the nearest ones.
    """
    name, _, side = text.strip().partition(":")
    name, _, region = name.partition("/")
    word, name = name.strip().lower().replace(" ", "_"), name.strip()
    found = resolve(name)
    muscle = word if word in muscles() else found.muscle
    if muscle is None and word != NOT_A_MUSCLE:
        near = found.candidates or tuple(difflib.get_close_matches(word, muscles(), n=3, cutoff=0.5)) or ("gluteus_maximus", NOT_A_MUSCLE)
        raise InputError(
            f"{name[:40]!r} is no muscle that is known here; meant may be {', '.join(near)}, or '{NOT_A_MUSCLE}' for no muscle."
        )
    return Assignment(muscle, _one_of(Side, side, "side") or found.side, _one_of(Region, region, "region") or found.region)


def _one_of(terms: type[Term], text: str, what: str) -> Term | None:
    word = text.strip().lower()
    word = {"l": "left", "r": "right"}.get(word, word) if what == "side" else word
    if not word:
        return None
    if word not in {term.value for term in terms}:
        raise InputError(f"{text.strip()[:40]!r} is no {what}; allowed are {', '.join(term.value for term in terms)}.")
    return terms(word)
