"""Lines for people about exercises and what they ask."""

from collections.abc import Mapping, Sequence
from typing import Any

from hipspine.cli.layout import bullets, heading, table, wrapped

_MUSCLES = ("gluteus_maximus", "gluteus_medius", "hamstrings", "erector_spinae", "adductors", "quadriceps", "abdominals")


def of_list(document: Mapping[str, Any]) -> list[str]:
    """One line for each exercise."""
    rows = [
        [one["name"], one["position"], str(one["level"]), ", ".join(one["regions"]) or "-", ", ".join(one["equipment"]) or "none"]
        for one in document["exercises"]
    ]
    if not rows:
        return [f"No exercise of {document['of']} fits; ask for less."]
    shown = table(["name", "position", "level", "regions", "equipment"], rows)
    return [*shown, "", f"{document['count']} of {document['of']} exercises. More of one: hipspine exercises show NAME"]


def of_entry(entry: Mapping[str, Any]) -> list[str]:
    """One exercise."""
    dosing = entry["dosing"]
    amount = f"{dosing['sets']} sets of {dosing['repetitions']}"
    hold = f", each held for {dosing['hold_s']:g} s" if dosing["hold_s"] else ""
    each = " on each side" if entry["unilateral"] else ""
    lines = [
        entry["title"]["en"],
        "=" * len(entry["title"]["en"]),
        wrapped(entry["purpose"]),
        "",
        wrapped(
            f"Position: {entry['position']}. Level {entry['level']} of 5. Needs: {', '.join(entry['equipment']) or 'nothing'}.", indent="  "
        ),
        wrapped(f"Load: {entry['load']} (for 75 kg).", indent="  "),
        wrapped(f"Begin with: {amount}{hold}{each}, rest {dosing['rest_s']:g} s, {dosing['effort']}.", indent="  "),
        wrapped(_sentence(dosing["why"]), indent="  "),
    ]
    lines += [*heading("How"), *bullets([*entry["instructions"], *entry["cues"], f"Breathing: {entry['breathing']}"])]
    lines += [*heading("What goes wrong"), *bullets(entry["faults"])]
    trains = {
        "Hip movements": entry["hip_movements"], "Regions of gluteus maximus": entry["regions"], "Lines of pull": entry["lines_of_pull"],
        "Contraction": entry["contraction_modes"], "Be careful with": entry["contra_tags"],
    }  # fmt: skip
    keys = ("hip_movements", "regions", "lines_of_pull", "contraction_modes", "contra_tags")
    said = [
        f"{name}: {', '.join(values) or 'none: ' + entry['reasons'].get(key, '')}"
        for key, (name, values) in zip(keys, trains.items(), strict=True)
    ]
    lines += [*heading("What it trains (worked out from the motion)"), *bullets(said)]
    lines += [*heading("Easier and harder"), *bullets([f"Easier: {entry['easier']}", f"Harder: {entry['harder']}"])]
    lines += [*heading("Evidence"), *bullets(entry["evidence"] or [entry["reasons"].get("evidence", "none")])]
    return [*lines, "", f"What it asks: hipspine demand {entry['name']}"]


def of_lean(document: Mapping[str, Any]) -> list[str]:
    """Angles of each pose as written and at least effort."""
    lines = [f"{document['exercise']}, at least effort with a habit of {document['habit']:g}:"]
    for one in document["poses"]:
        angles = ", ".join(f"{key}_deg {one['written_deg'][key]:g} -> {angle:g}" for key, angle in one["least_effort_deg"].items())
        hip = one["hip_bw"]
        lines.append(
            f"  {one['pose']}: {angles}; cost {one['cost_share']:.0%}, hip {hip['written']:.1f} -> {hip['least_effort']:.1f} body weights"
        )
    return [*lines, document["note"]]


def of_demand(document: Mapping[str, Any]) -> list[str]:
    """What exercises ask; one in full, many as a table."""
    exercises = document["exercises"]
    if len(exercises) == 1:
        return _one(exercises[0])
    rows = [
        [one["name"], f"{one['load']:.0f}", *(_share(one["regions"][region]) for region in ("upper", "middle", "lower")),
         _share(one["muscles"]["hamstrings"]), _kilo(one["l5s1_compression_n"])]
        for one in exercises
    ]  # fmt: skip
    shown = table(["name", "kg", "upper %", "middle %", "lower %", "hamstrings %", "disc kN"], rows)
    return [*shown, "", "Peak over a repetition, median with the range of 90 % of the bodies (model estimates)."]


def of_check(document: Mapping[str, Any]) -> list[str]:
    """What is wrong, or that nothing is."""
    lines = []
    for name, faults in document["faults"].items():
        lines += [f"{name}: sound."] if not faults else [f"{name}:", *bullets(faults)]
    return lines


def of_atlas(document: Mapping[str, Any]) -> list[str]:
    """What was built."""
    written = f"Written: {document['file']}" if "file" in document else "Their parts are kept; the atlas is written of the whole catalogue."
    count = document["exercises"]
    return [f"{count} exercise{'s' if count != 1 else ''}, {document['worked_out']} of them worked out now.", written]


def _one(found: Mapping[str, Any]) -> list[str]:
    lines = [found["title"], "=" * len(found["title"]), wrapped(f"Load: {found['load_words']}. {found['chain'].capitalize()} chain.")]
    model = [*heading("Model estimate: peak over a repetition, share of capacity"), *_table(found)]
    joints = [
        f"Lowest disc: compression {_newton(found['l5s1_compression_n'])}, shear {_newton(found['l5s1_shear_n'])}",
        f"Working hip: contact force {_plain(found['hip_contact_bw'], 1)} times body weight",
        f"Sacroiliac joint, working side: compression {_newton(found['sij_compression_n'])} (an index)",
        *(found[key]["sentence"] for key in ("arms", "stretch")),
    ]
    evidence = [*heading("Published EMG"), *_published(found)]
    lines += [*evidence, *model] if found["first"] == "published" else [*model, *evidence]
    lines += [*heading("Joints, arms and muscle lengths (model estimate)"), *bullets(joints)]
    if found["estimate"]:
        lines += [*heading("Model and evidence together (mean level, % of maximal voluntary contraction)")]
        lines += bullets(f"{name.replace('_', ' ')}: {_percent(one)}" for name, one in found["estimate"].items())
    return [*lines, *heading("What can be said"), *bullets([*(one["sentence"] for one in found["claims"]), *found["notes"]])]


def _table(found: Mapping[str, Any]) -> list[str]:
    rows = [[f"gluteus maximus, {region}", _share(values)] for region, values in found["regions"].items()]
    rows += [[name.replace("_", " "), _share(found["muscles"][name])] for name in _MUSCLES]
    return table(["", "%"], rows)


def _published(found: Mapping[str, Any]) -> Sequence[str]:
    if not found["published"]:
        return bullets(["No published EMG of this exercise stands in our tables."])
    return bullets(
        f"{one['muscle'].replace('_', ' ').replace('/', ', ')}: {one['sentence']}" for one in found["published"] if one["sentence"]
    )


def _share(given: Mapping[str, float | None]) -> str:
    if given["median"] is None or given["low"] is None or given["high"] is None:
        return "not known"
    return f"{100 * given['median']:.0f} [{100 * given['low']:.0f}, {100 * given['high']:.0f}]"


def _percent(given: Mapping[str, Any]) -> str:
    return f"{100 * given['median']:.0f} % [{100 * given['low']:.0f}, {100 * given['high']:.0f}]"


def _newton(given: Mapping[str, float | None]) -> str:
    return "not known" if given["median"] is None else f"{_kilo(given)} kN"


def _kilo(given: Mapping[str, float | None]) -> str:
    if given["median"] is None or given["low"] is None or given["high"] is None:
        return "not known"
    return f"{given['median'] / 1e3:.1f} [{given['low'] / 1e3:.1f}, {given['high'] / 1e3:.1f}]"


def _plain(given: Mapping[str, float | None], digits: int) -> str:
    if given["median"] is None or given["low"] is None or given["high"] is None:
        return "not known"
    return f"{given['median']:.{digits}f} [{given['low']:.{digits}f}, {given['high']:.{digits}f}]"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
