"""What a file says of people, looked for in its other texts: a name that the header gives also stands in labels, events and remarks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from hipspine.anatomy.lexicon import lexicon, words_of
from hipspine.anatomy.names import resolve
from hipspine.formats.content import Column, Content
from hipspine.formats.vocabulary import vocabulary

_SHORTEST = 4  # letters of a text that is looked for; shorter ones stand in every file
_SHORTEST_NUMBER = 6  # digits of a code that is looked for
_WORDS = 8  # of a value whose parts are looked for too; a longer one is a sentence, of words that stand anywhere
_MOST = 500  # texts that are looked for in labels and events
_ORDINARY = frozenset(
    {"male", "female", "unknown", "none", "other", "anonymous", "anonymised", "anonymized", "left", "right", "test", "startdate"}
)  # of no particular person
_REMARKS = re.compile(
    r"file|path|folder|title|titel|titre|titulo|not[ei]|nota|comment|remark|kommentar|bemerk|session|trial|\bu?uid\b", re.IGNORECASE
)
_DESCRIPTIONS = re.compile(r"detail|descri|protocol|protokoll|\btask|activity|condition|study|studie|etude|estudio", re.IGNORECASE)
_LONGEST_NAME = 3  # words; a longer description tells what was done
_LONGEST_LABEL = 80  # letters
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})([-./])(\d\d?)\2(\d{4}|\d\d)(?!\d)")
_NAMED_MONTH = re.compile(r"(?<!\d)(\d\d?)[-. ]+(" + "|".join(_MONTHS) + r")[a-z]*[-. ,]+(\d{4})(?!\d)", re.IGNORECASE)
_DAY = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-/.])[01]?\d\1[0-3]?\d|[0-3]?\d([-/.])[0-3]?\d\2(?:19|20)\d\d)(?!\d)|" + _NAMED_MONTH.pattern, re.IGNORECASE
)


def personal_texts(person: Mapping[str, str], *, allow: Iterable[str] = (), telling: bool = False) -> list[tuple[str, str]]:
    """What is looked for, as (field, text): whole values, dates as other programs write them, and the parts of names.

    Args:
        person: as `Content.person`.
        allow: texts that are nobody's.
        telling: leave out the single words of remarks and paths, which may be words of the measurement.

    >>> personal_texts({"name": "Magnus Osei-Boateng", "sex": "F", "birth date": "1980-02-01"})[:3]
    [('name', 'Magnus Osei-Boateng'), ('name', 'Osei'), ('name', 'Boateng')]
    """
    allowed = {text.strip().lower() for text in allow}
    found: dict[str, str] = {}
    for field, value in person.items():
        whole = value.strip()
        words = [word for word in re.split(r"[\s,;()_/\\]+", whole) if word]  # Osei-Boateng, 23.07.1961 and PX-904 are one word each
        words = words if len(words) <= _WORDS else []
        coded = [word for word in words if re.search(r"\d", word) and "-" in word.strip("-")]
        parts = [part for word in words for part in re.split(r"\W+", word) if not part.isdigit() and part.lower() not in _muscle_words()]
        remark = telling and _is_remark(field, words)
        if telling and (_says_what_was_measured(whole) or (remark and _names_muscle(whole))):
            continue
        if telling:
            parts = [] if remark else [part for part in parts if part.lower() not in known_words()]
        for text in [whole, *spelled_dates(whole), *coded, *parts]:
            letters = sum(sign.isalnum() for sign in text)
            enough = letters >= (_SHORTEST_NUMBER if all(not sign.isalpha() for sign in text) else _SHORTEST)
            if enough and text.lower() not in allowed and text.lower() not in _ORDINARY:
                found.setdefault(text, field)
    return [(field, text) for text, field in found.items()]


def _is_remark(field: str, words: Sequence[str]) -> bool:
    """Whether a field tells of the measurement; a description does where it is a sentence, or holds words of it."""
    described = len(words) > _LONGEST_NAME or any(word.lower() in known_words() for word in words)
    return bool(_REMARKS.search(field) or (_DESCRIPTIONS.search(field) and described))


def _says_what_was_measured(text: str) -> bool:
    """Whether a remark holds nothing but words of muscles, sides and quantities: "Gluteus maximus, left"."""
    words = [word for word in re.split(r"[\W_\d]+", text.lower()) if word]
    return all(word in known_words() or word in _muscle_words() for word in words) and bool(words)


def _names_muscle(text: str) -> bool:
    """Whether a remark is the name of a muscle, shortened or glued to its side: "RTIB", "Lateral Hamstrin"."""
    name = resolve(text) if len(text) < _LONGEST_LABEL else None
    return name is not None and (name.muscle is not None or bool(name.candidates))


def texts_pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these texts where they stand as words of their own, in any capitals, with spaces or underscores; None for no texts.

    >>> texts_pattern(["Ann Muster"]).sub("x", "ann_muster walks; Ann Musterman")
    'x walks; Ann Musterman'
    """
    listed = sorted({text for text in texts if text.strip("_ ")}, key=lambda text: (-len(text), text))[:_MOST]
    return re.compile("|".join(map(_as_word, listed)), re.IGNORECASE) if listed else None


def _as_word(text: str) -> str:
    body = r"[\s_]+".join(re.escape(part) for part in re.split(r"[\s_]+", text.strip("_ ")) if part)
    first, last = text.strip("_ ")[0], text.strip("_ ")[-1]
    before = r"(?<![^\W\d_])" if first.isalpha() else r"(?<!\d)" if first.isdigit() else ""
    after = r"(?![^\W\d_])" if last.isalpha() else r"(?!\d)" if last.isdigit() else ""
    return f"{before}{body}{after}"


def crossed_out(text: str, person: Mapping[str, str]) -> str:
    """A line of a header without what the file gives as of a person, as `discreet` shows it.

    >>> crossed_out("MARKER_NAMES Osei_LASI Osei_RASI", {"name": "Ann Osei"})
    'MARKER_NAMES xxxx_LASI xxxx_RASI'
    """
    pattern = texts_pattern(text for _, text in personal_texts(person, telling=True))
    return pattern.sub(_crosses, text) if pattern else text


def quoted(found: str) -> str:
    """What a message may repeat of something that stands where a number or a key should: no words and no days, which may be somebody's.

    >>> quoted("3oo.1"), quoted("Osei"), quoted("born 23.07.1961")
    ("'3oo.1'", 'a word', "'xxx xxx'")
    """
    text = re.sub(r"[^\W\d_]{3,}|\d\d?:\d\d(:\d\d)?", "xxx", _DAY.sub("xxx", found))
    return repr(text[:30]) if text != "xxx" else "a word"


def discreet(content: Content) -> Content:
    """The content whose labels, events and remarks hold nothing of what the file itself gives as of a person; a warning says so.

    Labels that hipspine itself wrote beside the data stay: they were read discreetly before.
    """
    texts = [text for _, text in personal_texts(content.person, telling=True)]
    pattern, begins = texts_pattern(texts), {_runs(text)[0] for text in texts}
    changed = 0

    def struck(text: str, *, days: bool = True) -> str:
        nonlocal changed
        new = pattern.sub(_crosses, text) if pattern and not begins.isdisjoint(_runs(text)) else text
        new = _DAY.sub(_crosses, new) if days else new
        changed += new != text
        return new

    def column(old: Column) -> Column:
        if content.statement.of(old.label):
            return old
        label, hint, stream = struck(old.label), struck(old.hint), struck(old.stream)
        return old if (label, hint, stream) == (old.label, old.hint, old.stream) else replace(old, label=label, hint=hint, stream=stream)

    groups = tuple(replace(group, columns=tuple(map(column, group.columns))) for group in content.groups)
    events = tuple(event if (label := struck(event.label)) == event.label else replace(event, label=label) for event in content.events)
    about = {key: struck(value, days=False) for key, value in content.about.items()}
    warnings = [pattern.sub(_crosses, text) if pattern else text for text in content.warnings]
    if not changed:
        return replace(content, warnings=tuple(warnings))
    warnings.append(f"names, codes or days of a person were crossed out in {changed} labels, events or remarks (xxx)")
    return replace(content, groups=groups, events=events, about=about, warnings=tuple(warnings))


def _runs(text: str) -> list[str]:
    """Letters and digits in a row: a text can only stand where its first run does, which is quickly seen."""
    return re.findall(r"[^\W\d_]+|\d+", text.lower())


def _crosses(match: re.Match[str]) -> str:
    return "x" * len(match[0])


def spelled_dates(text: str) -> list[str]:
    """The dates in a short text as headers write them: 1980-02-01, 01.02.1980, 02/01/80, 01-FEB-1980, 19800201.

    >>> "1980-02-01" in spelled_dates("01-Feb-1980"), "01-FEB-1980" in spelled_dates("1.2.1980 10:15"), spelled_dates("version 3.1")
    (True, True, [])
    """
    days: dict[date, None] = {}
    for match in _NUMBERS.finditer(text[:200]):
        first, middle, last = match[1], int(match[3]), match[4]
        if len(first) == 4:
            orders = [(int(first), middle, int(last))]
        elif len(last) == 4 and len(first) < 3:
            orders = [(int(last), middle, int(first)), (int(last), int(first), middle)]
        else:
            continue
        days |= {day: None for day in map(_day, orders) if day}
    for match in _NAMED_MONTH.finditer(text[:200]):
        if day := _day((int(match[3]), _MONTHS.index(match[2].upper()) + 1, int(match[1]))):
            days[day] = None
    return list(dict.fromkeys(spelled for day in days for spelled in _spellings(day)))


def _day(parts: tuple[int, int, int]) -> date | None:
    try:
        return date(*parts)
    except ValueError:
        return None


def _spellings(day: date) -> list[str]:
    spelled = [day.isoformat(), f"{day:%Y%m%d}", f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year}"]
    for year in (f"{day.year:04}", f"{day.year % 100:02}"):
        for mark in "./-":
            spelled += [f"{day.day:02}{mark}{day.month:02}{mark}{year}", f"{day.month:02}{mark}{day.day:02}{mark}{year}"]
    return spelled


@cache
def _muscle_words() -> frozenset[str]:
    """Words that stand in labels of muscles and channels."""
    table = lexicon()
    named = frozenset(word for names in table.names.values() for words, _ in names for word in words)
    return named | frozenset(word for muscle in table.part for word in words_of(muscle))


@cache
def known_words() -> frozenset[str]:
    """Words of muscles, sides, quantities and events: in a free field they are about the measurement."""
    table, words = lexicon(), vocabulary()
    known = {word for muscle in table.part for word in muscle.split("_")} | set(table.exact) | set(table.sides) | set(table.regions)
    known |= {word for group in (*table.words.values(), *words.kinds.values(), words.event, words.time) for word in group}
    known |= {word for pattern, _ in words.events for word in re.findall(r"[a-z]{3,}", pattern)}
    known |= {"hipspine", "about", "note", "kind", "name", "samples", "channels", "rate", "start", "clock", "records", "events", "powers"}
    known |= {"subject", "patient", "participant", "proband", "sujet", "control", "static", "calibration", "walk", "walking", "gait", "run",
              "running", "jump", "squat", "gehen", "gang", "marche", "marcha", "cammino", "lauf", "sprung", "bridge", "lift",
              "prone", "supine", "lying"}  # fmt: skip
    return frozenset(known | {"emg", "edf", "trial", "test", "session", "rest", "baseline"})
