"""Plain words for findings: muscles, sides, numbers with their intervals, and the sentence that stands near every finding."""

from collections.abc import Sequence

from hipspine.terms import Side

STANDING_SENTENCE = "Back pain has many causes; gluteus findings do not explain it alone."


def muscle_name(muscle: str) -> str:
    """Name of a muscle for people.

    >>> muscle_name("erector_spinae contralateral"), muscle_name("gluteus_maximus")
    ('erector spinae of the other side', 'gluteus maximus')
    """
    return muscle.replace(" contralateral", " of the other side").replace(" ipsilateral", " of the same side").replace("_", " ")


def sided(side: Side | None, muscle: str) -> str:
    """Muscle with the side that moves, as a sentence begins.

    >>> sided(Side.LEFT, "gluteus_maximus"), sided(None, "gluteus_maximus")
    ('Left gluteus maximus', 'Gluteus maximus')
    """
    name = muscle_name(muscle)
    return f"{side.value.capitalize()} {name}" if side else name.capitalize()


def interval(value: float, low: float | None, high: float | None, unit: str = "", *, digits: int = 0) -> str:
    """Number with its unit and 95 % interval.

    >>> interval(85.2, 60.4, 109.6, "ms"), interval(-0.4, None, None, "%")
    ('85 ms [60, 110]', '0 %')
    """
    said = f"{_plain(value, digits)} {unit}".rstrip()
    return said if low is None or high is None else f"{said} [{_plain(low, digits)}, {_plain(high, digits)}]"


def percent(share: float) -> str:
    """Share of one as a percentage that never claims certainty.

    >>> percent(0.984), percent(0.99993), percent(0.00002)
    ('98 %', 'more than 99 %', 'less than 1 %')
    """
    if share > 0.99:
        return "more than 99 %"
    return "less than 1 %" if share < 0.01 else f"{100.0 * share:.0f} %"


def counted(number: int, thing: str) -> str:
    """Count with its noun.

    >>> counted(1, "repetition"), counted(6, "repetition")
    ('1 repetition', '6 repetitions')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def join(words: Sequence[str], last: str = "and") -> str:
    """List as people say it.

    >>> join(["a", "b", "c"]), join(["a"]), join(["a", "b"], "then")
    ('a, b and c', 'a', 'a then b')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def _plain(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text
