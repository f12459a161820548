"""Which muscle a channel label means: many laboratories, six languages, one canonical name.

The vocabulary is a table (``data/muscle_names.toml``), not code: a new dialect is a new line there. A label that several muscles
fit stays ambiguous, with its candidates; only the other labels of the same recording may decide it, and the reason says so.
"""

from collections.abc import Sequence
from functools import lru_cache

from hipspine.anatomy.label_sets import read_together
from hipspine.anatomy.lexicon import lexicon
from hipspine.anatomy.muscle_name import MuscleName
from hipspine.anatomy.one_label import read_label

__all__ = ["MuscleName", "muscles", "part_of_body", "resolve", "resolve_all"]


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
    return read_label(label)


def resolve_all(labels: Sequence[str]) -> tuple[MuscleName, ...]:
    """The muscles of all labels of one recording, each read in the light of the others; in the order given.

    A laboratory's set of codes (ME, MA, GM, GL, SO ...) is recognised as a whole; an ambiguous code is decided only where the
    other muscles leave one reading.

    >>> [name.muscle for name in resolve_all(["ME", "MA", "RF", "BF", "TA", "GM"])][:2]
    ['gluteus_medius', 'gluteus_maximus']
    """
    return read_together([resolve(label) for label in labels], labels)


def muscles() -> tuple[str, ...]:
    """Every canonical muscle name, in the order of the table."""
    return tuple(lexicon().part)


def part_of_body(muscle: str) -> str:
    """Where a muscle lies: hip, thigh, calf, trunk or arm.

    >>> part_of_body("multifidus")
    'trunk'
    """
    return lexicon().part[muscle]
