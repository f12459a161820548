"""What an exercise asks, as a document: `hipspine demand`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hipspine import __version__
from hipspine.anatomy.person import Person
from hipspine.errors import ModelError
from hipspine.exercises import atlas
from hipspine.exercises.arm_work import arm_work
from hipspine.exercises.blend import blend
from hipspine.exercises.demand import (
    OF_A_LEG,
    OF_THE_TRUNK,
    REGIONS,
    SAMPLES,
    Demand,
    Range,
    demand_of,
    largest,
    mean_over_time,
    region_order,
)
from hipspine.exercises.describing import Described, default_words, described
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.geometry import Arms, facts, moment_arms
from hipspine.exercises.motion import FRAMES
from hipspine.exercises.published import published, range_of
from hipspine.exercises.stretching import stretches
from hipspine.mechanics.spread import AGREED
from hipspine.terms import Floats
from hipspine.workflows.demand_geometry import of_arm_work, of_arms, of_stretch, span

TOLD = ("gluteus_maximus", "gluteus_medius", "hamstrings", "erector_spinae")
PROFILE = 21  # points of the repetition at which medians are kept
Progress = Callable[[float], None] | None


def demand_document(
    exercises: Sequence[Exercise],
    *,
    mass_kg: float = 75.0,
    height_m: float = 1.75,
    load_kg: float | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress = None,
) -> dict[str, Any]:
    """What each exercise asks: out of the atlas for the generic adult and the exercise's own load, else worked out.

    Raises:
        ModelError: sizes that no adult has, or a load for an exercise that has none.
    """
    person = Person(height_m=height_m, mass_kg=mass_kg)
    found = []
    for number, exercise in enumerate(exercises):
        if progress is not None:
            progress(number / len(exercises))
        usual = (mass_kg, height_m, load_kg) == (75.0, 1.75, None) and (samples, seed) == atlas.worked_out_with()
        kept = atlas.entry(exercise) if usual else None
        try:
            answer = dict(kept) if kept is not None else fresh(exercise, person, load_kg=load_kg, samples=samples, seed=seed)
            found.append(answer | {"title": exercise.title["en"]})
        except ModelError as error:
            raise ModelError(f"{exercise.name}: {error}") from error
    return {
        "person": {"mass_kg": mass_kg, "height_m": height_m},
        "exercises": found,
        "units": {"activation": "share of capacity, 0 to 1", "range": "median with the range of 90 % of the bodies"},
        "hipspine": __version__,
    }


def fresh(exercise: Exercise, person: Person, *, load_kg: float | None = None, samples: int = SAMPLES, seed: int = 0) -> dict[str, Any]:
    """The same of one exercise, worked out now."""
    own = person == Person()
    found = demand_of(exercise, person=None if own else person, load_kg=load_kg, samples=samples, seed=seed)
    return document(found, described(found), samples=samples, frames=FRAMES)


def document(demand: Demand, made: Described, *, samples: int, frames: int) -> dict[str, Any]:
    """One exercise's demand with everything that is said beside it."""
    motion, exercise = demand.motion, demand.motion.exercise
    peaks = {group: demand.peak(group) for group in demand.groups}
    levers = moment_arms(demand)
    return {
        "name": exercise.name,
        "title": exercise.title["en"],
        "asks_sha256": motion.written.asks_sha256,
        "side": motion.side.value,
        "load": round(motion.load_kg, 6),
        "load_words": default_words(exercise, demand.person.mass_kg),
        "chain": demand.chain,
        "first": "model" if demand.chain == "closed" else "published",
        "regions": {region.partition("/")[2]: span(peaks[region]) for region in REGIONS},
        "muscles": {group: span(peaks[group]) for group in (*OF_A_LEG, *OF_THE_TRUNK)},
        "sij_compression_n": span(Range.of(largest(demand.sij_compression_n))),
        "l5s1_compression_n": span(Range.of(largest(demand.compression_n))),
        "l5s1_shear_n": span(Range.of(largest(np.abs(demand.shear_n)))),
        "hip_contact_bw": span(Range.of(largest(demand.hip_bw))),
        "claims": claims(demand, made, levers),
        "published": _published(exercise),
        "estimate": _estimates(demand),
        "phases": [_phase(demand, number) for number in range(len(motion.phases))],
        "profile": _profile(demand),
        "geometry": _geometry(demand, made),
        "moment_arms": of_arms(demand, levers),
        "stretch": of_stretch(stretches(demand)),
        "arms": of_arm_work(arm_work(demand)),
        "computed": computed(made),
        "notes": _notes(demand),
        "method": {
            "samples": samples,
            "frames": frames,
            "seed": demand.seed,
            "inputs_sha256": atlas.inputs_hash(motion.written, samples=samples, frames=frames, seed=demand.seed,
                                               mass_kg=demand.person.mass_kg, height_m=demand.person.height_m),
            "hipspine": __version__,
        },
    }  # fmt: skip


def computed(made: Described) -> dict[str, Any]:
    """What follows from a motion, as a document."""
    return {
        "lines_of_pull": list(made.lines_of_pull),
        "hip_movements": list(made.hip_movements),
        "contraction_modes": list(made.contraction_modes),
        "regions": list(made.regions),
        "contra_tags": list(made.contra_tags),
        "ranges_deg": {name: list(ends) for name, ends in made.ranges.items()},
        "reasons": dict(made.reasons),
    }


def members(demand: Demand) -> dict[str, Floats]:
    """(member, group) mean and peak of each group, for validity and scales; and what the bare joint moments would say."""
    mean = np.stack([mean_over_time(demand.column(group), demand.doing) for group in demand.groups], axis=1)
    peak = np.stack([largest(demand.column(group)) for group in demand.groups], axis=1)
    there = demand.doing & ~demand.left_out
    moments = (-demand.hip_nm[:, there, 0], -demand.hip_nm[:, there, 1], -demand.lumbar_nm[:, there, 0])
    bare = [float(np.nanmean(np.maximum(0.0, one))) if np.isfinite(one).any() else 0.0 for one in moments]
    return {"mean": mean, "peak": peak, "bare": np.array(bare)}


def claims(demand: Demand, made: Described, levers: Arms) -> list[dict[str, Any]]:
    """What is said: of geometry as a fact, of loads where 80 % of the bodies agree."""
    said: list[dict[str, Any]] = []
    for number, region in enumerate(REGIONS):
        course = np.nanmedian(demand.gluteus_norm[:, :, number], axis=0)
        ends = f"{course.min():.2f} to {course.max():.2f}"
        sentence = f"Fibres of the {region.partition('/')[2]} region go from {ends} of their optimal length."
        said.append({"tier": "geometry", "sentence": sentence})
    said += [{"tier": "geometry", "sentence": sentence} for sentence in facts(demand, levers)]
    for region, (length, share) in made.length.items():
        if share >= AGREED:
            sentence = f"The {region} region works hardest at {_LENGTH[length]} fibre length ({share:.0%} of the bodies; model estimate)."
            said.append({"tier": "load", "sentence": sentence, "agreement": share})
    orders = region_order(demand)
    for first, second, share in orders:
        sentence = f"The {first} region works harder than the {second} ({share:.0%} of the bodies; model estimate)."
        said.append({"tier": "load", "sentence": sentence, "agreement": share})
    if not orders:
        said.append({"tier": "load", "sentence": "No consistent order of the regions."})
    return said


_LENGTH = {"long": "long", "mid": "middle", "short": "short"}


def _published(exercise: Exercise) -> list[dict[str, Any]]:
    rows = published(exercise)
    found = []
    for group in dict.fromkeys(row.group for row in rows):
        span = range_of(exercise, group)
        found.append(
            {
                "muscle": group,
                "low_percent_mvic": None if span is None else span.low * 100,
                "high_percent_mvic": None if span is None else span.high * 100,
                "sentence": "" if span is None else span.sentence,
                "studies": [
                    {"source": row.source, "percent_mvic": row.level * 100, "statistic": row.statistic,
                     "n": "not seen" if row.n is None else row.n, "grade": row.reading.value, "review": row.review}
                    for row in rows if row.group == group
                ],
            }
        )  # fmt: skip
    return found


def _estimates(demand: Demand) -> dict[str, Any]:
    """Model and published EMG together, for the muscles that studies measure."""
    scale = atlas.scale(demand.chain)
    if scale is None:
        return {}
    rows = published(demand.motion.exercise)
    found = {}
    for group in TOLD:
        drive = mean_over_time(demand.column(group), demand.doing)
        drive = drive[np.isfinite(drive)]
        if drive.size == 0 and not any(row.group == group for row in rows):
            continue
        answer = blend(demand.motion.exercise.name, group, drive if drive.size else None, rows, scale)
        median, low, high = atlas.short([answer.median, answer.low, answer.high])
        found[group] = {"median": median, "low": low, "high": high, "model_weight": atlas.short([answer.model_weight])[0],
                        "studies": list(answer.studies), "sentence": answer.sentence}  # fmt: skip
    return found


def _phase(demand: Demand, number: int) -> dict[str, Any]:
    one = demand.motion.phases[number]
    here = (demand.motion.phase == number) & ~demand.left_out
    if not here.any():
        return {"name": one.name, "holds": one.holds, "start_s": one.start_s, "end_s": one.end_s,
                "left_out": "nothing holds the body here, or it is on its way from one support to the next"}  # fmt: skip

    def top(values: Floats) -> dict[str, float | None]:
        return span(Range.of(largest(values[:, here])))

    return {
        "name": one.name,
        "holds": one.holds,
        "start_s": one.start_s,
        "end_s": one.end_s,
        "regions": {region.partition("/")[2]: top(demand.column(region)) for region in REGIONS},
        "muscles": {group: top(demand.column(group)) for group in TOLD},
        "sij_compression_n": top(demand.sij_compression_n),
        "l5s1_compression_n": top(demand.compression_n),
        "l5s1_shear_n": top(np.abs(demand.shear_n)),
        "hip_contact_bw": top(demand.hip_bw),
    }


def _profile(demand: Demand) -> dict[str, Any]:
    """Medians along the repetition."""
    at = np.linspace(0, demand.motion.time_s.size - 1, PROFILE).round().astype(int)

    def middle(values: Floats) -> list[float | None]:
        part = values[:, at]
        return atlas.short([float(np.nanmedian(one)) if np.isfinite(one).any() else np.nan for one in part.T], 3)

    return {
        "time_s": atlas.short(demand.motion.time_s[at]),
        "activation": {group: middle(demand.column(group)) for group in (*REGIONS, *TOLD)},
        "l5s1_compression_n": middle(demand.compression_n),
        "hip_contact_bw": middle(demand.hip_bw),
    }


def _geometry(demand: Demand, made: Described) -> dict[str, Any]:
    """Fibre length of each region over the repetition: shortest, longest, and where it works hardest; of all fields that fit."""
    low, middle, high = (np.nanquantile(demand.gluteus_norm, share, axis=0) for share in (0.05, 0.5, 0.95))
    return {
        region.partition("/")[2]: {
            "length_norm": {"shortest": atlas.short([middle[:, k].min(), low[:, k].min(), high[:, k].min()]),
                            "longest": atlas.short([middle[:, k].max(), low[:, k].max(), high[:, k].max()])},
            "works_hardest_at": made.length[region.partition("/")[2]][0],
        }
        for k, region in enumerate(REGIONS)
    }  # fmt: skip


def _notes(demand: Demand) -> list[str]:
    said = []
    if demand.left_out.any():
        count = int(demand.left_out.sum())
        said.append(
            f"In {count} of {demand.left_out.size} frames the weight is on its way from one support to the next; they are left out."
        )
    if demand.strained >= 0.9:
        said.append("At some moment this load is beyond what most of the bodies can hold; numbers at 100 % are limits, not estimates.")
    elif demand.strained > 0.1:
        said.append(f"In {demand.strained:.0%} of the bodies the muscles alone cannot hold this load at some moment; take it as heavy.")
    if demand.motion.exercise.explosive:
        said.append("Accelerations count: real dynamics of the movement.")
        said.append("How the body turns as a whole is not brought into balance: loads are rough.")
    if demand.chain == "open":
        said.append("Open chain: people drive these muscles far above what the load needs; the published range comes first.")
    return said
