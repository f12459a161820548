"""Commands about bodies: what gluteus maximus does in a posture, and what the joints beside it take."""

from typing import Annotated, Any

import typer

from hipspine.cli.door import announce_kernels, send, send_json, use
from hipspine.cli.layout import heading, table, wrapped
from hipspine.cli.recordings import Json
from hipspine.terms import Side

app = typer.Typer(help="The body: gluteus maximus by fibre region, hip, sacroiliac joint, lower back.", rich_markup_mode=None)

_LIST = "One angle, or several with commas; a list that begins with a minus needs --option=-10,0."
Flexion = Annotated[str | None, typer.Option("--hip-flexion-deg", metavar="A", help=f"Hip flexion, -30 to 130. {_LIST}")]
Adduction = Annotated[str | None, typer.Option("--hip-adduction-deg", metavar="B", help="Hip adduction, -50 to 40.")]
Rotation = Annotated[str | None, typer.Option("--hip-rotation-deg", metavar="C", help="Internal rotation of the hip, -50 to 50.")]
Knee = Annotated[str | None, typer.Option("--knee-flexion-deg", metavar="D", help="Knee flexion, for lines that end on the shin.")]
OnSide = Annotated[Side, typer.Option("--side", help="Side of the body; the numbers are those of its mirror.")]


@app.command()
def arms(
    hip_flexion_deg: Flexion = None,
    hip_adduction_deg: Adduction = None,
    hip_rotation_deg: Rotation = None,
    knee_flexion_deg: Knee = None,
    lines: Annotated[int, typer.Option(metavar="N", help="Lines in each of the two layers, 3 to 1000.")] = 9,
    side: OnSide = Side.RIGHT,
    json: Json = False,
) -> None:
    """Moment arms, length and capacity of each region and line of gluteus maximus in any posture.

    \b
    Example:
      hipspine body arms --hip-flexion-deg 0,45,90
    """
    body = use("hipspine.workflows.body")
    posture = body.postures_of(hip_flexion_deg=hip_flexion_deg, hip_adduction_deg=hip_adduction_deg,
                               hip_rotation_deg=hip_rotation_deg, knee_flexion_deg=knee_flexion_deg)  # fmt: skip
    announce_kernels("hipspine.mechanics.field_kernel")
    document = body.arms_document(posture, lines=lines, side=side)
    send_json(document) if json else send("\n".join(_arms(document)))


@app.command()
def functions(
    hip_flexion_deg: Flexion = None,
    hip_adduction_deg: Adduction = None,
    hip_rotation_deg: Rotation = None,
    knee_flexion_deg: Knee = None,
    side: OnSide = Side.RIGHT,
    json: Json = False,
) -> None:
    """Say what each region does in the three planes, how long it is and how much it can pull.

    \b
    Example:
      hipspine body functions --hip-flexion-deg 90
    """
    body = use("hipspine.workflows.body")
    given = {"hip_flexion_deg": hip_flexion_deg, "hip_adduction_deg": hip_adduction_deg,
             "hip_rotation_deg": hip_rotation_deg, "knee_flexion_deg": knee_flexion_deg}  # fmt: skip
    posture = body.postures_of(**given)
    announce_kernels("hipspine.mechanics.field_kernel")
    asked = any(text is not None for text in given.values())
    document = body.functions_document({"as given": posture} if asked else None, side=side)
    send_json(document) if json else send("\n".join(_functions(document)))


@app.command()
def load(
    hip_flexion_deg: Annotated[float, typer.Option(metavar="A", help="Hip flexion, -30 to 130.")] = 0.0,
    hip_adduction_deg: Annotated[float, typer.Option(metavar="B", help="Hip adduction, -50 to 40.")] = 0.0,
    hip_rotation_deg: Annotated[float, typer.Option(metavar="C", help="Internal rotation of the hip, -50 to 50.")] = 0.0,
    knee_flexion_deg: Annotated[float, typer.Option(metavar="D", help="Knee flexion.")] = 0.0,
    hip_flexion_nm: Annotated[float | None, typer.Option(metavar="M", help="Moment that the muscles make; extension is negative.")] = None,
    hip_adduction_nm: Annotated[float | None, typer.Option(metavar="M", help="The same; abduction is negative.")] = None,
    hip_rotation_nm: Annotated[float | None, typer.Option(metavar="M", help="The same; external rotation is negative.")] = None,
    knee_flexion_nm: Annotated[float | None, typer.Option(metavar="M", help="The same; knee extension is negative.")] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=2, help="Bodies that are drawn.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same numbers.")] = 0,
    json: Json = False,
) -> None:
    """Share a moment among the muscles of a hip, in many bodies; say only what most of them agree on.

    Without a moment it shows a table of tasks.

    \b
    Example:
      hipspine body load --hip-flexion-deg 90 --hip-rotation-nm=-15
    """
    loads = use("hipspine.workflows.body_load")
    angles = {"hip_flexion_deg": hip_flexion_deg, "hip_adduction_deg": hip_adduction_deg,
              "hip_rotation_deg": hip_rotation_deg, "knee_flexion_deg": knee_flexion_deg}  # fmt: skip
    given = {
        "hip_flexion": hip_flexion_nm,
        "hip_adduction": hip_adduction_nm,
        "hip_rotation": hip_rotation_nm,
        "knee_flexion": knee_flexion_nm,
    }
    moments = {name: value for name, value in given.items() if value is not None}
    asked = bool(moments) or any(angles.values())
    announce_kernels("hipspine.mechanics.paths.pulling")
    document = loads.load_document([loads.task_of(angles, moments)] if asked else None, samples=samples, seed=seed)
    send_json(document) if json else send("\n".join(_load(document)))


def _load(document: dict[str, Any]) -> list[str]:
    lines = [f"Share of capacity, median [90 % of {document['samples']} bodies]."]
    for task in document["tasks"]:
        lines += heading(task["name"])
        groups = {**{f"gluteus maximus, {name}": value for name, value in task["regions"].items()},
                  **{name.replace("_", " "): value for name, value in task["muscles"].items() if name != "gluteus_maximus"}}  # fmt: skip
        lines += table(["muscle", "share of capacity"],
                       [[name, f"{v['median']:.2f} [{v['low']:.2f}, {v['high']:.2f}]"] for name, v in groups.items()])  # fmt: skip
        claims = [claim["sentence"] for claim in task["claims"]]
        lines += ["", *(wrapped(sentence, indent="    ", first="  - ") for sentence in claims or ["no order that 80 % agree on"])]
    return [*lines, "", wrapped(document["words"])]


def _arms(document: dict[str, Any]) -> list[str]:
    lines = ["Moment arms of gluteus maximus [mm], with the range of 90 % of all fields that fit the data.",
             "+ flexion, adduction, internal rotation."]  # fmt: skip
    for posture in document["postures"]:
        lines += ["", _title(posture)]
        rows = []
        for name, region in posture["regions"].items():
            ranges = region["range_90"]
            cells = [f"{region[key]:.0f} [{ranges[key][0]:.0f}, {ranges[key][1]:.0f}]" for key in ranges]
            rows.append([name, *cells, f"{region['length_norm']:.2f}", f"{region['capacity_n']:.0f} N"])
        lines += table(["region", "flexion", "adduction", "rotation", "length", "capacity"], rows)
    return [*lines, "", "length: fibres against their optimal length. --json gives every line."]


def _functions(document: dict[str, Any]) -> list[str]:
    lines = [wrapped("What each region of gluteus maximus does: moment arms from geometry, not how hard it works.")]
    for posture in document["postures"]:
        lines += heading(f"{posture['name']}: {_title(posture)}" if posture["name"] != "as given" else _title(posture))
        for region in posture["regions"].values():
            lines.append(wrapped(region["sentence"], indent="    ", first="  "))
    return lines


def _title(posture: dict[str, Any]) -> str:
    words = (
        ("hip_flexion_deg", "flexion"),
        ("hip_adduction_deg", "adduction"),
        ("hip_rotation_deg", "rotation"),
        ("knee_flexion_deg", "knee"),
    )
    angles = ", ".join(f"{word} {posture[key]:g}" for key, word in words if key != "knee_flexion_deg" or posture[key])
    return f"{angles} deg" + (" (extrapolated: no measurement covers this posture)" if posture["extrapolated"] else "")
