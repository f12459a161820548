"""How the report says things: names, sides, numbers with their unit and interval, statuses. No science here."""

import re
from typing import Final

from hipspine.assessment.wording import STANDING_SENTENCE
from hipspine.terms import Certainty, Grade, OnsetStatus, Side

INTENDED_USE: Final = "For exercise planning, education and research. Not a medical device."
STANDING: Final = STANDING_SENTENCE
NO_CUT_OFF: Final = "The published values are no cut-off; sides and sessions of one person are compared."
PUBLISHED: Final = "Set beside the findings above. None of them is a cut-off; where several stand together, they need not agree."
CHECKLIST: Final = (
    "Items of the ISEK standards and the CEDE matrices, filled in from the file; items marked hipspine are our own. "
    "What the file does not say is named as such."
)
MATRIX: Final = "Chance in % that the row starts before the column. Outlined cells without colour: no consistent order."
NOT_STATED: Final = "not stated in the file"

NO_SIDE: Final = "Overall"
ORDER_OF_SIDES: Final = (Side.LEFT, Side.RIGHT, None)
SIDES: Final = {Side.LEFT: "Left", Side.RIGHT: "Right"}
GRADES: Final = {
    Grade.SUPPORTED: "Supported", Grade.CONTESTED: "Contested", Grade.LOW_CERTAINTY: "Low-certainty evidence",
    Grade.HYPOTHESIS: "Hypothesis", Grade.NOT_SUPPORTED: "Not supported", Grade.MEASUREMENT: "Measurement, no claim",
}  # fmt: skip
GRADE_BARS: Final = {
    Grade.SUPPORTED: 3, Grade.CONTESTED: 2, Grade.LOW_CERTAINTY: 1, Grade.HYPOTHESIS: 1, Grade.NOT_SUPPORTED: 0, Grade.MEASUREMENT: None,
}  # fmt: skip
CERTAINTIES: Final = {
    Certainty.HIGH: "high in this recording", Certainty.MODERATE: "moderate in this recording",
    Certainty.LOW: "low in this recording", Certainty.NONE: "no value from this recording",
}  # fmt: skip
STATUSES: Final = {
    OnsetStatus.OK: "timed", OnsetStatus.NO_SIGNAL: "no activity found", OnsetStatus.CLIPPED: "clipped",
    OnsetStatus.REFUSED: "no time reported",
}  # fmt: skip
_SHORT: Final = {
    "gluteus_maximus": "GMAX", "gluteus_medius": "GMED", "hamstrings": "HAM", "medial_hamstrings": "MHAM", "lateral_hamstrings": "LHAM",
    "semitendinosus": "ST", "semimembranosus": "SM", "biceps_femoris": "BF", "erector_spinae": "ES", "multifidus": "MF",
    "latissimus_dorsi": "LD", "rectus_femoris": "RF", "tensor_fasciae_latae": "TFL", "vastus_lateralis": "VL", "vastus_medialis": "VM",
    "gastrocnemius": "GAS", "tibialis_anterior": "TA", "soleus": "SOL", "rectus_abdominis": "RA",
}  # fmt: skip
_DECIMALS: Final = {"ms": 0, "%": 0, "s": 2, "deg": 1, "°": 1, "ratio": 2, "1": 2, "": 2}
_SHOWN_UNIT: Final = {"deg": "°", "ratio": "", "1": ""}
_UNIT = r"(?:ms|s|dB|mV|µV|N)\b|°|%"
_VALUE = re.compile(rf"[−-]?\d+(?:\.\d+)?\s?(?:{_UNIT})?(?P<interval>\s?\[[^\]]*\])?")


def plain(name: str) -> str:
    """A name in code as words: first letter large, the rest as it is.

    >>> plain("gluteus_maximus_delay_to_hamstrings"), plain("prone-hip-extension")
    ('Gluteus maximus delay to hamstrings', 'Prone hip extension')
    """
    words = " ".join(name.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


def muscle(name: str, side: Side | None = None) -> str:
    """A muscle with its side in words; what follows the first blank says which side is meant.

    >>> muscle("gluteus_maximus", Side.LEFT), muscle("erector_spinae contralateral")
    ('Gluteus maximus, left', 'Erector spinae, other side')
    """
    first, _, rest = name.partition(" ")
    return ", ".join(part for part in (plain(first), _sided(rest), side.value if side and side.value not in rest else "") if part)


def short_muscle(name: str) -> str:
    """A muscle's letters for a narrow table; the full name stands in the key beside it.

    >>> short_muscle("erector_spinae contralateral"), short_muscle("deep_six")
    ('ES other side', 'DS')
    """
    first, _, rest = name.partition(" ")
    letters = _SHORT.get(first) or "".join(word[:1] for word in re.split(r"[_\W]+", first)).upper()
    return f"{letters} {_sided(rest)}".strip()


def _sided(rest: str) -> str:
    return rest.replace("contralateral", "other side").replace("ipsilateral", "same side").replace("_", " ")


def number(value: float, *, decimals: int) -> str:
    """A number with a true minus sign and no minus zero.

    >>> number(-10.2, decimals=0), number(-0.001, decimals=1)
    ('−10', '0.0')
    """
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def quantity(value: float | str | None, unit: str, *, low: float | None = None, high: float | None = None) -> str:
    """A value with its unit and 95 % interval as people read it.

    >>> quantity(85.2, "ms", low=60.0, high=110.4)
    '85 ms [60, 110]'
    >>> quantity(None, "ms"), quantity(0.456, "ratio"), quantity("hamstrings first", "1")
    ('no value', '0.46', 'hamstrings first')
    """
    if value is None:
        return "no value"
    if isinstance(value, str):
        return value
    decimals = _DECIMALS.get(unit, 2)
    shown = _SHOWN_UNIT.get(unit, unit)
    text = number(value, decimals=decimals) + (shown if shown in ("°", "") else f" {shown}")
    if low is not None or high is not None:
        text += f" [{_end(low, decimals)}, {_end(high, decimals)}]"
    return text


def as_published(value: float | None, spread: float | None, unit: str) -> str:
    """A published value with its spread, in the digits of its source.

    >>> as_published(11.5, 81.9, "ms"), as_published(2.96, None, "ratio"), as_published(None, None, "ms")
    ('11.5 ± 81.9 ms', '2.96', 'direction only')
    """
    if value is None:
        return "direction only"
    shown = _SHOWN_UNIT.get(unit, unit)
    text = f"{value:.5g}" + ("" if spread is None else f" ± {spread:.5g}")
    return true_minus(text + (shown if shown in ("°", "") else f" {shown}"))


def sentence_parts(sentence: str) -> list[tuple[str, str]]:
    """A sentence in parts (text, kind): "strong" for a value with its interval, "nb" for a value with its unit, else "".

    >>> sentence_parts("Late by 85 ms [60, 110] against it.")
    [('Late by ', ''), ('85 ms [60, 110]', 'strong'), (' against it.', '')]
    """
    sentence = true_minus(sentence)
    parts: list[tuple[str, str]] = []
    at = 0
    for found in _VALUE.finditer(sentence):
        parts += [(sentence[at : found.start()], ""), (found.group(), "strong" if found["interval"] else "nb")]
        at = found.end()
    return [(text, kind) for text, kind in (*parts, (sentence[at:], "")) if text]


def true_minus(text: str) -> str:
    """Minus signs of numbers as minus signs; hyphens and ranges stay.

    >>> true_minus("-10 ms [-20, 3], 20-80 %")
    '−10 ms [−20, 3], 20-80 %'
    """
    return re.sub(r"(?<![\w.)\]])-(?=\d)", "−", text)


def _end(value: float | None, decimals: int) -> str:
    return "open" if value is None else number(value, decimals=decimals)
