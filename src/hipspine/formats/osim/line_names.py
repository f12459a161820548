"""Which muscle the name of a model's line means, where the lexicon of channel labels leaves it open.

Models cut muscles into lines and number them in their own ways; these are the ways of the families that describe hip and trunk
(gait2392, Rajagopal and its children, the lumbar models with fascicles). Anything else keeps the file's own name.
"""

import re
from collections.abc import Sequence

from hipspine.anatomy.names import resolve_all
from hipspine.terms import Side

_FAMILIES = tuple(
    (re.compile(pattern), muscle)
    for pattern, muscle in (
        (r"gl(ut)?_?max\d*_", "gluteus_maximus"),  # with the iliotibial tract: glmax12_ITB
        (r"gl(ut)?_?med\d*_", "gluteus_medius"),
        (r"gl(ut)?_?min\d*_", "gluteus_minimus"),
        (r"tfl\d*_", "tensor_fasciae_latae"),
        (r"bf[ls]h\d*_", "biceps_femoris"),
        (r"gem_", "gemellus"),
        (r"quad_?fem_", "quadratus_femoris"),
        (r"ps_l\d", "iliopsoas"),
        (r"il_[lr]\d", "iliocostalis"),  # to lumbar vertebrae and to ribs
        (r"ltp[tl]_", "longissimus"),
        (r"ql_(post|mid|ant)_", "quadratus_lumborum"),
        (r"mf_m\d", "multifidus"),
        (r"e[o0]_?r?\d+_", "external_oblique"),
        (r"io_?r?\d+_", "internal_oblique"),
        (r"tr\d+_", "transversus_abdominis"),
        (r"ld_(il|[ltr]\d+)_", "latissimus_dorsi"),
    )
)


def muscles_of(names: Sequence[str]) -> tuple[tuple[str, Side | None], ...]:
    """Muscle and side of each line of one model.

    >>> muscles_of(["glmax12_ITB_r", "Ps_L1_VB_l", "rope"])
    (('gluteus_maximus', <Side.RIGHT: 'right'>), ('iliopsoas', <Side.LEFT: 'left'>), ('rope', None))
    """
    said = resolve_all(list(names))
    return tuple((one.muscle or _of_family(name), one.side) for name, one in zip(names, said, strict=True))


def _of_family(name: str) -> str:
    return next((muscle for pattern, muscle in _FAMILIES if pattern.match(name.lower())), name)
