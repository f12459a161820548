"""Lines that people read of bodies: arms, functions, loads, joints, models."""

from typing import Any

from hipspine.cli.layout import heading, table, wrapped


def of_load(document: dict[str, Any]) -> list[str]:
    """Shares of capacity in each task, and the orders that most bodies agree on."""
    lines = [f"Share of capacity, median [90 % of {document['samples']} bodies]."]
    for task in document["tasks"]:
        lines += heading(_asked(task) if task["name"] == "as given" else task["name"])
        groups = {**{f"gluteus maximus, {name}": value for name, value in task["regions"].items()},
                  **{name.replace("_", " "): value for name, value in task["muscles"].items() if name != "gluteus_maximus"}}  # fmt: skip
        lines += table(["muscle", "share of capacity"],
                       [[name, f"{v['median']:.2f} [{v['low']:.2f}, {v['high']:.2f}]"] for name, v in groups.items()])  # fmt: skip
        claims = [claim["sentence"] for claim in task["claims"]]
        lines += ["", *(wrapped(sentence, indent="    ", first="  - ") for sentence in claims or ["no order that 80 % agree on"])]
    return [*lines, "", wrapped(document["words"])]


def _asked(task: dict[str, Any]) -> str:
    """The posture and the moments of one task, as a title."""
    angles = [f"{name.removesuffix('_deg').replace('_', ' ')} {value:g}" for name, value in task["angles_deg"].items() if value]
    moments = [f"{name.replace('_', ' ')} {value:g}" for name, value in task["moments_nm"].items() if value]
    return f"{', '.join(angles) or 'neutral posture'}{' deg' if angles else ''}; moment: {', '.join(moments)} N m"


def of_arms(document: dict[str, Any]) -> list[str]:
    """Moment arms, length and capacity of each region in each posture."""
    lines = [wrapped("Moment arms of gluteus maximus [mm], with the range of 90 % of all fields that fit the data: how far the pull passes "
                     "from the axis of the hip. Positive: flexion, adduction, internal rotation.")]  # fmt: skip
    for posture in document["postures"]:
        lines += ["", *_title(posture)]
        rows = []
        for name, region in posture["regions"].items():
            ranges = region["range_90"]
            cells = [f"{region[key]:.0f} [{ranges[key][0]:.0f}, {ranges[key][1]:.0f}]" for key in ranges]
            rows.append([name, *cells, f"{region['length_norm']:.2f}", f"{region['capacity_n']:.0f} N"])
        lines += table(["region", "flexion", "adduction", "rotation", "length", "capacity"], rows)
    return [*lines, "", "length: fibres against their optimal length. --json gives every line."]


def of_functions(document: dict[str, Any]) -> list[str]:
    """What each region does, in sentences."""
    about = "What each region of gluteus maximus does: moment arms from geometry, not how hard it works."
    lines = [wrapped(f"{about} Open: the muscle fields that fit the measurements do not agree on the direction.")]
    for posture in document["postures"]:
        angles, *more = _title(posture)
        lines += [*(heading(angles) if posture["name"] == "as given" else [*heading(posture["name"]), angles]), *more]
        for region in posture["regions"].values():
            lines.append(wrapped(region["sentence"], indent="    ", first="  "))
    return lines


def _title(posture: dict[str, Any]) -> list[str]:
    words = (
        ("hip_flexion_deg", "flexion"),
        ("hip_adduction_deg", "adduction"),
        ("hip_rotation_deg", "rotation"),
        ("knee_flexion_deg", "knee"),
    )
    angles = ", ".join(f"{word} {posture[key]:g}" for key, word in words if key != "knee_flexion_deg" or posture[key])
    return [f"{angles} deg", *(["(extrapolated: no measurement covers this posture)"] if posture["extrapolated"] else [])]


def of_sij(document: dict[str, Any]) -> list[str]:
    """What gluteus maximus does to the sacroiliac joint."""
    lines = [
        wrapped(
            f"Sacroiliac joint, gluteus maximus of one side alone at {document['activation'] * 100:.3g} % of its capacity, hip in neutral "
            "posture. Model estimates."
        ),
        "",
    ]
    words = (("normal_n", "compression"), ("shear_n", "shear"))
    lines += table(["force", "median [90 %]"], [[word, _newtons(document[key])] for key, word in words])
    published = document["published"]["normal_n"]
    lines += ["", wrapped(f"Published for full activation: compression {published['mean']:.0f} N ({published['low']:.0f} to "
                          f"{published['high']:.0f}; {document['published']['source']}).")]  # fmt: skip
    return [*lines, "", wrapped(document["index_note"])]


def _newtons(value: dict[str, float]) -> str:
    return f"{value['median']:.0f} N [{value['low']:.0f}, {value['high']:.0f}]"


def of_osim(document: dict[str, Any]) -> list[str]:
    """What an OpenSim model holds, and what its gluteus maximus does."""
    kinds = (("bodies", "bodies"), ("joints", "joints"), ("coordinates", "coordinates"), ("muscles", "muscle lines"))
    lines = [f"{document['model']}: " + ", ".join(f"{len(document[key])} {word}" for key, word in kinds)]
    for posture in document["postures"]:
        for hip in posture.get("hips", []):
            rows = [[name, *(f"{region[f'{axis}_mm']:.0f}" for axis in ("flexion", "adduction", "rotation"))]
                    for name, region in hip["regions"].items()]  # fmt: skip
            flexion, adduction, rotation = (hip[f"hip_{axis}_deg"] for axis in ("flexion", "adduction", "rotation"))
            title = f"{hip['side']} hip, flexion {flexion:g}, adduction {adduction:g}, rotation {rotation:g} deg"
            lines += ["", f"{title}: moment arms of gluteus maximus [mm]"]
            lines += table(["region", "flexion", "adduction", "rotation"], rows)
    if document["left_out"]:
        lines += ["", "Not represented:", *(wrapped(sentence, indent="    ", first="  - ") for sentence in document["left_out"])]
    return [*lines, "", "--json gives every line's length and arms; --coordinate NAME=VALUE sets a posture."]


def of_stand(document: dict[str, Any]) -> list[str]:
    """What a standing posture asks of joints and muscles."""
    sides = document["sides"]
    lines = [f"Median [90 % of {document['samples']} bodies]; model estimates.", ""]
    rows = [[f"hip, {side}", f"{_spread(one['hip_contact_bw'], 1)} body weights"] for side, one in sides.items()]
    rows += [
        ["lowest disc (L5/S1), compression", _newtons(document["l5s1_compression_n"])],
        ["lowest disc (L5/S1), shear", _newtons(document["l5s1_shear_n"])],
    ]
    rows += [[f"sacroiliac joint, {side}, compression", _newtons(one["sij_compression_n"])] for side, one in sides.items()]
    lines += table(["joint", "force"], rows)
    names = [name for name in next(iter(sides.values()))["muscles"] if name != "gluteus_maximus"]
    muscles = [[f"gluteus maximus, {region}", *(_spread(one["regions"][region], 2) for one in sides.values())]
               for region in next(iter(sides.values()))["regions"]]  # fmt: skip
    muscles += [[name.replace("_", " "), *(_spread(one["muscles"][name], 2) for one in sides.values())] for name in names]
    lines += ["", *table(["share of capacity", *sides], muscles)]
    if document["claims"]:
        lines += ["", *(wrapped(claim["sentence"], indent="    ", first="  - ") for claim in document["claims"])]
    return [*lines, "", wrapped(document["words"])]


def _spread(value: dict[str, float], digits: int) -> str:
    return f"{value['median']:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"
