"""What was published of the muscle activity in one of our exercises: one value per muscle, region and study, and how far to trust each.

Levels are shares of the activity in a maximal voluntary contraction (1 = 100 % MVIC). Means over the movement and peaks in it stay apart.
A level of one study is the exercise's level times what differs between studies (people, electrodes, the reference contraction); in
logarithms that difference is about normal, and `study_noise` reads its size from the table. What another text quotes of a study counts
as measured with twice that deviation, so a quarter of the weight; what a text only inferred is left out.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from hipspine.errors import ModelError
from hipspine.evidence import tables
from hipspine.evidence.emg import MEANS, PEAKS, Emg, emg
from hipspine.evidence.tables import Reading
from hipspine.exercises.exercise import EmgKey, Exercise

Statistic: TypeAlias = Literal["mean", "peak"]
HEADS = {
    "biceps_femoris": "hamstrings",
    "semitendinosus": "hamstrings",
    "medial_hamstrings": "hamstrings",
    "hamstrings": "hamstrings",
}
"""Muscles that are read together; the others keep their names."""
REGIONS = ("upper", "lower")  # of gluteus maximus; other parts of a muscle are averaged
OTHER_LEG = ("stance leg", "stepping leg")  # where the source measured the leg that does not do the exercise
WIDER = {Reading.FULL_TABLE: 1.0, Reading.ABSTRACT: 1.0, Reading.SECONDARY: 2.0}  # our choice: what others quote weighs a quarter
FEW = 10  # people assumed where the number was not seen
REVIEWS = ("systematic_review", "review", "secondary_summary", "guideline")


@dataclass(frozen=True, slots=True)
class PublishedEmg:
    """What one study found for one muscle in one exercise."""

    exercise: str  # our name
    group: str  # gluteus_maximus, gluteus_maximus/upper, gluteus_medius, hamstrings, erector_spinae, ...
    statistic: Statistic
    level: float  # share of the maximal voluntary contraction
    low: float  # over the phases, variants and loads that it is the mean of, or the range that was printed
    high: float
    sd_ln: float  # SD of ln(level) as a measurement of what the exercise asks of people
    n: int | None  # people
    source: str
    reading: Reading
    review: bool  # pools studies that may stand here themselves
    pooled: int  # number of studies behind the value, as far as it is known
    rows: tuple[str, ...]  # of the table
    error_ln: float = 0.0  # standard error of ln(level) by the chance of who took part; 0: not looked at


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """Range of the levels that studies report for one muscle in one exercise."""

    exercise: str
    group: str
    statistic: Statistic
    low: float
    high: float
    studies: tuple[str, ...]
    people: int  # in the studies that say how many
    sentence: str


@dataclass(frozen=True, slots=True)
class Components:
    """Where values that were measured in several groups vary; of ln(level), groups are exercises."""

    within: float  # SD between studies of one exercise
    between: float  # SD between exercises
    reliability: float  # of one study, 0 to 1
    perfect: float  # correlation of a perfect model with the means of the studies
    groups: int
    freedom: int  # degrees of freedom within


@dataclass(frozen=True, slots=True)
class StudyNoise:
    """How far studies of one exercise differ, as SD of ln(level)."""

    total: float  # between two studies' means, chance of who took part included
    study: float  # what remains with very many people
    person: float  # between people in one study
    freedom: int

    def sd_ln(self, *, n: int | None, studies: int = 1, reading: Reading = Reading.FULL_TABLE) -> float:
        """SD of ln(level) of a mean of ``n`` people out of ``studies`` studies, wider where it was read at second hand."""
        return WIDER[reading] * math.sqrt(self.study**2 / studies + self.person**2 / (n or FEW))


def published(exercise: Exercise, *, other_leg: bool = False, alike: bool = False) -> tuple[PublishedEmg, ...]:
    """What was published of the working side in ``exercise``, or of the leg that does not do it.

    One entry for each study, muscle group and statistic, in the order of the table. Gluteus maximus has entries for its regions where a
    study measured them, and one for the whole in any case (mean of the regions where the study gives no whole). Whole repetitions come
    before phases of them. Rows that were inferred by the text that quotes them, and rows that are not % MVIC, are left out.

    Args:
        other_leg: the leg that does not do the exercise, where a study measured it.
        alike: only what was measured as the exercise is written, with the body's own weight or with a load beside it; the same exercise
            at 10RM asks several times as much.

    Raises:
        ModelError: a key fits no row of the table.
    """
    return published_by(exercise.name, exercise.evidence.emg, other_leg=other_leg, loaded=bool(exercise.loads) if alike else None)


def published_by(name: str, keys: Sequence[EmgKey], *, other_leg: bool = False, loaded: bool | None = None) -> tuple[PublishedEmg, ...]:
    """The same for the rows that ``keys`` name, under the exercise's ``name``; with or without a load, or (None) both.

    >>> clam = published_by("clam", [EmgKey("clam", variants=None)])
    >>> [(one.source, one.level) for one in clam if (one.group, one.statistic) == ("gluteus_maximus", "mean") and not one.review]
    [('distefano2009', 0.365), ('mcbeth2012', 0.34)]
    """
    noise, found = study_noise(), []
    chosen = [row for row in _usable() if any(_matches(row, key) for key in keys) and (row.side in OTHER_LEG) is other_leg]
    chosen = [row for row in chosen if loaded is None or _free(row) is not loaded]
    for key in keys:
        _check(name, key)
    for (source, statistic, muscle), rows in _grouped(chosen):
        whole, parts = _by_region(rows)
        for group, part in {muscle: whole, **parts}.items():
            found.append(_entry(name, group, statistic, source, part, noise))
    return tuple(found)


def targets(
    rows: Iterable[PublishedEmg], group: str, *, statistic: Statistic = "mean", widened: bool = True
) -> Mapping[str, tuple[float, float]]:
    """By exercise, the level that all studies together report and its SD of ln: mean of ln(level) weighted by certainty.

    A review and the studies in it never count together: it stands for them where it pools several and is more certain than those that
    were read here, and where none of its studies was read. ``widened=False`` gives SDs as if all had been read at first hand.
    """
    by_exercise: dict[str, list[PublishedEmg]] = defaultdict(list)
    for row in rows:
        if row.group == group and row.statistic == statistic:
            by_exercise[row.exercise].append(row)
    return {exercise: _together(stand_for(found), widened=widened) for exercise, found in by_exercise.items()}


def stand_for(rows: Sequence[PublishedEmg]) -> list[PublishedEmg]:
    """The values that count for one exercise and muscle: studies, or the reviews that pool them, see `targets`."""
    studies, reviews = ([row for row in rows if row.review is kind] for kind in (False, True))
    pooling = [row for row in reviews if row.pooled > 1]
    if not studies or (pooling and _together(pooling)[1] < _together(studies)[1]):
        return pooling or reviews
    return studies


def range_of(exercise: Exercise, group: str) -> PublishedRange | None:
    """The range that studies report, means before peaks; None where nobody was seen to have measured the muscle in this exercise."""
    return range_among([row for row in published(exercise) if row.group == group])


def range_among(rows: Sequence[PublishedEmg]) -> PublishedRange | None:
    """The range of the given values of one muscle in one exercise, means before peaks; None without any.

    >>> hop = published_by("multiplanar-hop", [EmgKey("multiplanar_hop")])
    >>> range_among(hop).sentence
    'One study reports 48 % of a maximal voluntary contraction (distefano2009).'
    """
    for statistic in ("mean", "peak"):
        if chosen := [row for row in rows if row.statistic == statistic]:
            break
    else:
        return None
    low, high = min(row.low for row in chosen), max(row.high for row in chosen)
    studies = tuple(dict.fromkeys(row.source for row in chosen))
    people = sum({row.source: row.n or 0 for row in chosen}.values())
    percent = f"{100 * low:.0f}" if round(100 * low) == round(100 * high) else f"{100 * low:.0f} to {100 * high:.0f}"
    second_hand = all(row.reading is Reading.SECONDARY for row in chosen)
    kinds = {row.source: "review" if row.review else "study" for row in chosen}
    counted = " and ".join(_counted(list(kinds.values()).count(kind), kind) for kind in ("study", "review") if kind in kinds.values())
    counted += " reports" if len(kinds) == 1 else " report"
    of = "" if statistic == "mean" else " at the peak"
    sentence = f"{counted[0].upper()}{counted[1:]} {percent} % of a maximal voluntary contraction{of} ({', '.join(studies)})"
    sentence += "; read only in texts that quote them." if second_hand else "."
    return PublishedRange(chosen[0].exercise, chosen[0].group, chosen[0].statistic, low, high, studies, people, sentence)


def components(groups: Sequence[Sequence[float]]) -> Components | None:
    """Variance components of values measured in groups of any sizes; None where no group was measured twice or there is one group.

    One-way random effects by the method of moments for unequal sizes (Searle, Casella and McCulloch 1992, Variance Components, chapter 3).

    >>> found = components([[0.0, 0.2], [1.0, 1.2], [2.0, 2.2]])
    >>> round(found.within, 3), round(found.between, 3), found.freedom
    (0.141, 0.995, 3)
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    count = np.array([len(group) for group in arrays], dtype=np.float64)
    total, many = float(count.sum()), len(arrays)
    if many < 2 or total <= many:
        return None
    mean = float(np.concatenate(arrays).mean())
    inside = sum(float(((group - group.mean()) ** 2).sum()) for group in arrays) / (total - many)
    across = sum(len(group) * float(group.mean() - mean) ** 2 for group in arrays) / (many - 1)
    size = (total - float((count**2).sum()) / total) / (many - 1)
    between = max(0.0, (across - inside) / size)
    sum_ = between + inside
    reliability, perfect = (between / sum_, math.sqrt(between / (between + inside / (total / many)))) if sum_ else (1.0, 1.0)
    return Components(math.sqrt(inside), math.sqrt(between), reliability, perfect, many, int(total - many))


@cache
def study_noise() -> StudyNoise:
    """How far studies of the same exercise, variant and kind of load differ in this table, all muscles pooled; reviews are left out.

    >>> 0.3 < study_noise().total < 0.5
    True
    """
    cells: dict[tuple[str, ...], list[float]] = defaultdict(list)
    counts: list[int] = []
    for (_, statistic, muscle), rows in _grouped(_usable()):
        if statistic == "mean" and not _is_review(rows[0]):
            kinds = {(row.exercise, row.variant, _free(row), row.side) for row in rows}
            for kind in sorted(kinds):
                same = [row for row in rows if (row.exercise, row.variant, _free(row), row.side) == kind]
                cells[(muscle, *map(str, kind))].append(math.log(_level(_by_region(same)[0])))
                counts.append(same[0].n or FEW)
    several = [values for values in cells.values() if len(values) > 1]
    freedom = sum(len(values) - 1 for values in several)
    inside = sum(float(((np.array(values) - np.mean(values)) ** 2).sum()) for values in several) / freedom
    spread = [math.sqrt(math.log1p((row.sd / row.value) ** 2)) for row in _usable() if row.sd and row.value and row.source != "dicus2023"]
    person = float(np.median(spread))  # dicus2023 prints what look like standard errors
    chance = person**2 * float(np.mean(1.0 / np.array(counts)))
    return StudyNoise(math.sqrt(inside), math.sqrt(max(0.0, inside - chance)), person, freedom)


def _matches(row: Emg, key: EmgKey) -> bool:
    fits = key.variants is None or row.variant in key.variants
    return row.exercise == key.exercise and fits and (key.loads is None or row.load in key.loads)


def _check(name: str, key: EmgKey) -> None:
    about = [row for row in emg() if row.exercise == key.exercise]
    if not about:
        raise ModelError(
            f"{name}: no row of emg_exercises is about {key.exercise!r}; give an exercise_id of that table, or none and say why."
        )
    if not any(_matches(row, key) for row in about):
        kinds = sorted({(row.variant, row.load) for row in about})
        said = "; ".join(f"variant {variant!r} with load {load!r}" for variant, load in kinds)
        asked = f"one of the variants {key.variants} with one of the loads {key.loads}"
        raise ModelError(f"{name}: no row about {key.exercise!r} has {asked}; there are {said}.")


@cache
def _usable() -> tuple[Emg, ...]:
    return tuple(
        row
        for row in emg()
        if row.normalisation == "mvic" and row.statistic in MEANS | PEAKS and row.reading in WIDER and (row.level or 0.0) > 0.0
    )


def _grouped(rows: Iterable[Emg]) -> list[tuple[tuple[str, Statistic, str], list[Emg]]]:
    found: dict[tuple[str, Statistic, str], list[Emg]] = defaultdict(list)
    for row in rows:
        statistic: Statistic = "mean" if row.statistic in MEANS else "peak"
        found[row.source, statistic, HEADS.get(row.muscle, row.muscle)].append(row)
    return list(found.items())


def _by_region(rows: Sequence[Emg]) -> tuple[list[Emg], dict[str, list[Emg]]]:
    """The rows of the whole muscle, and those of its regions; rows of whole repetitions where there are any."""
    regions: dict[str, list[Emg]] = defaultdict(list)
    for row in rows:
        regions[f"{row.muscle}/{row.region}"].append(row)
    kept = {name: [row for row in part if row.phase == "full_rep"] or part for name, part in regions.items()}
    parts = {name: part for name, part in kept.items() if name.startswith("gluteus_maximus/") and name.partition("/")[2] in REGIONS}
    whole = [row for name, part in kept.items() if name.endswith("/whole") for row in part]
    return whole or [row for part in kept.values() for row in part], parts


def _level(rows: Sequence[Emg]) -> float:
    """Mean of the parts' means, so that a part in more rows does not count more."""
    parts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        parts[row.muscle, row.region].append(row.level or 0.0)
    return float(np.mean([np.mean(part) for part in parts.values()]))


def _error_ln(rows: Sequence[Emg], noise: StudyNoise, n: int | None) -> float:
    """From the SD between people where every row prints it, else from the SD that is usual in the table."""
    spread = [(row.sd / row.level) ** 2 for row in rows if row.sd and row.level]
    between = math.log1p(sum(spread) / len(spread)) if len(spread) == len(rows) else noise.person**2
    return math.sqrt(between / (n or FEW))


def _entry(name: str, group: str, statistic: Statistic, source: str, rows: Sequence[Emg], noise: StudyNoise) -> PublishedEmg:
    reading = Reading.SECONDARY if any(row.reading is Reading.SECONDARY for row in rows) else rows[0].reading
    counts = [row.n for row in rows if row.n]
    pooled = max(_pooled(row) for row in rows)
    ends = [(row.value if row.value is not None else row.low, row.value if row.value is not None else row.high) for row in rows]
    return PublishedEmg(
        exercise=name,
        group=group,
        statistic=statistic,
        level=_level(rows),
        low=min(low for low, _ in ends if low is not None),
        high=max(high for _, high in ends if high is not None),
        sd_ln=noise.sd_ln(n=max(counts, default=None), studies=pooled, reading=reading),
        n=max(counts, default=None),
        source=source,
        reading=reading,
        review=_is_review(rows[0]),
        pooled=pooled,
        rows=tuple(row.row for row in rows),
        error_ln=_error_ln(rows, noise, max(counts, default=None)),
    )


def _counted(count: int, kind: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    many = kind if count == 1 else {"study": "studies"}.get(kind, f"{kind}s")
    return f"{words[count] if count < len(words) else count} {many}"


def _pooled(row: Emg) -> int:
    """Number of studies behind one value of a review."""
    words = row.note.split()
    return int(words[2]) if words[:2] == ["pooled", "over"] else 1


def _is_review(row: Emg) -> bool:
    return tables.reference(row.source).kind in REVIEWS


def _free(row: Emg) -> bool:
    return row.load == "bodyweight"


def _together(rows: Sequence[PublishedEmg], *, widened: bool = True) -> tuple[float, float]:
    weight = np.array([(row.sd_ln / (1.0 if widened else WIDER[row.reading])) ** -2 for row in rows])
    mean = float(weight @ np.log([row.level for row in rows]) / weight.sum())
    return math.exp(mean), float(weight.sum() ** -0.5)
