"""The figures of the bench as rows: speeds with their ratio, agreements, each with the goal where there is one."""

from typing import Any

from hipspine.workflows.mechanics_bench.sharing import SHARED

Row = dict[str, Any]
FIELD_NS, PATHS_TIMES, SHARING_TIMES, ATLAS_MINUTES = 10.0, 1000.0, 1000.0, 10.0
LENGTH_P95_MM, MUJOCO_LENGTH_MM, MUJOCO_ARM_MM, SLOPE_MM, ACTIVATION = 0.05, 0.0005, 0.005, 1e-3, 1e-3
CERTIFIED = 1e-8


def speeds(document: Row, run: Row) -> list[Row]:
    """What, ours, the peer's, how many times quicker; durations in one unit per row."""
    field, paths, sharing, atlas = (run[part] for part in ("field", "paths", "sharing", "atlas"))
    rows = []
    for count, ours in field["ours_ns"].items():
        rows.append(_row("field", f"{count} lines, length and 3 arms", "ns a line", ours, goal_most=FIELD_NS))
        if count in field["mujoco_ns"]:
            rows.append(_row("field", f"{count} lines, beside straight lines", "ns a line", ours, "MuJoCo", field["mujoco_ns"][count]))
    if field["opensim_ns"]:
        few = len(document["field"]["opensim_lines"])
        first = next(iter(field["ours_ns"].values()))
        rows.append(_row("field", f"a line of ours, beside {few} published lines", "ns a line", first, "OpenSim", field["opensim_ns"]))
    seen = document["paths"]
    what = f"{seen['lines']} lines, {seen['arms']} arms"
    if "opensim" in paths:
        of = paths["opensim"]
        both, alike = of["lengths_and_arms_us"], of["ours_like_opensim_us"]
        rows += [
            _row("paths", what, "us a posture", paths["ours_us"], "OpenSim", both, times=PATHS_TIMES),
            _row(
                "paths",
                f"the same, ours on {paths['cores']} cores, by the clock",
                "us a posture",
                paths["ours_cores_us"],
                "OpenSim",
                both,
                times=PATHS_TIMES,
            ),
            _row(
                "paths",
                f"the same, all {seen['opensim']['every_arm']} arms",
                "us a posture",
                paths["ours_us"],
                "OpenSim",
                of["every_arm_us"],
            ),
            _row("paths", "the same, ours as OpenSim wraps", "us a posture", alike, "OpenSim", both),
            _row("paths", "its lengths alone, ours with arms", "us a posture", paths["ours_us"], "OpenSim", of["lengths_us"]),
        ]
    else:
        rows.append(_row("paths", what, "us a posture", paths["ours_us"]))
    if "mujoco" in paths:
        few, one = seen["mujoco"]["lines"], paths["mujoco"]
        rows.append(_row("paths", f"{few} hip lines with surfaces", "us a posture", one["ours_us"], "MuJoCo", one["mujoco_us"]))
    size = f"{document['sharing']['lines']} lines x {document['sharing']['coordinates']}"
    rows += [_row("sharing", f"{size}, {name.replace('_', ' ')}", "us a frame", sharing[f"{name}_us"]) for name in SHARED]
    if "walk" in sharing:
        walk, of = sharing["walk"], document["sharing"]["walk"]
        name = f"walk, {of['muscles']} lines x {of['coordinates']}, mixed"
        rows.append(_row("sharing", name, "us a frame", walk["ours_us"], "OpenSim", walk["opensim_us"], times=SHARING_TIMES))
        both = walk["ours_us"] + walk["our_arms_us"]
        rows.append(_row("sharing", "the same, ours with its arms", "us a frame", both, "OpenSim", walk["opensim_us"]))
    rows.append(_row("atlas", "one hip: field, lines, fibres, sharing", "us a frame", atlas["frame_us"]))
    frames = f"{document['atlas']['all_frames'] / 1e6:.1f} million frames on 2 cores"
    rows.append(_row("atlas", frames, "minutes", atlas["minutes_on_two_cores"], goal_most=ATLAS_MINUTES))
    return rows


def _row(
    part: str, what: str, unit: str, ours: float, peer: str = "", theirs: float | None = None,
    *, goal_most: float | None = None, times: float | None = None,
) -> Row:  # fmt: skip
    ratio = None if theirs is None else theirs / ours
    goal = "" if goal_most is None and times is None else f"<= {goal_most:g}" if goal_most is not None else f"x{times:g}"
    met = None if not goal else ours <= goal_most if goal_most is not None else ratio is not None and ratio >= (times or 0.0)
    figures = {"ours": ours, "peer": peer, "theirs": theirs, "ratio": ratio}
    return {"part": part, "what": what, "unit": unit, **figures, "goal": goal, "met": met}


def agreements(document: Row) -> list[Row]:
    """How far answers lie apart; a goal stands where one was set."""
    rows = []
    paths, sharing = document["paths"], document["sharing"]
    if "opensim" in paths:
        of = paths["opensim"]
        rows += [
            _apart("lengths, ours as OpenSim wraps", "OpenSim", of["length_mm"], "mm", "p95", LENGTH_P95_MM),
            _apart("lengths, ours the shortest way", "OpenSim", of["shortest_way_mm"], "mm"),
            _apart("arms, ours the exact derivative", "OpenSim", of["arm_mm"], "mm"),
            _apart("our arms, from the slope of its lengths", "OpenSim", of["our_arm_from_slope_mm"], "mm", "p99", SLOPE_MM),
            _apart("its arms, from the slope of its lengths", "OpenSim", of["opensim_arm_from_slope_mm"], "mm"),
        ]
        if of["lines_over_several_surfaces"]:
            rows.append(_apart("lengths of lines over several surfaces", "OpenSim", of["length_where_several_surfaces_mm"], "mm"))
    if "mujoco" in paths:
        of = paths["mujoco"]
        rows.append(_apart("lengths of hip lines", "MuJoCo", of["length_mm"], "mm", "largest", MUJOCO_LENGTH_MM))
        rows.append(_apart("arms of hip lines", "MuJoCo", of["arm_mm"], "mm", "largest", MUJOCO_ARM_MM))
    if "walk" in sharing:
        rows.append(_apart("activations of the walk", "OpenSim", sharing["walk"]["activation"], "of 1", "largest", ACTIVATION))
    worst = max(sharing[name]["worst_residual"] for name in SHARED)
    proof = {"what": "sharing: worst residual of an optimum", "peer": "proof", "unit": "", "largest": worst}
    rows.append({**proof, "goal": f"largest <= {CERTIFIED:g}", "met": worst <= CERTIFIED})
    return rows


def _apart(what: str, peer: str, found: Row, unit: str, judged: str = "", most: float | None = None) -> Row:
    goal = "" if most is None else f"{judged} <= {most:g}"
    met = None if most is None or not found["n"] else found[judged] <= most
    return {"what": what, "peer": peer, "unit": unit, **found, "goal": goal, "met": met}
