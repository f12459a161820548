"""Commands about bodies: what gluteus maximus does in a posture, and what the joints beside it take."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hipspine.cli.body_lines import of_arms, of_functions, of_load, of_osim, of_sij, of_stand
from hipspine.cli.door import about, announce_kernels, send, send_json, use
from hipspine.cli.progress import progress
from hipspine.cli.recordings import Json
from hipspine.errors import InputError

app = typer.Typer(help="The body: gluteus maximus by fibre region, hip, sacroiliac joint, lower back.", rich_markup_mode=None)

_LIST = "One angle, or several with commas; a list that begins with a minus needs --option=-10,0."
Flexion = Annotated[str | None, typer.Option("--hip-flexion-deg", metavar="A", help=f"Hip flexion, -30 to 130. {_LIST}")]
Adduction = Annotated[str | None, typer.Option("--hip-adduction-deg", metavar="B", help="Hip adduction, -50 to 40.")]
Rotation = Annotated[str | None, typer.Option("--hip-rotation-deg", metavar="C", help="Internal rotation of the hip, -50 to 50.")]
Knee = Annotated[str | None, typer.Option("--knee-flexion-deg", metavar="D", help="Knee flexion, for lines that end on the shin.")]
OnSide = Annotated[Literal["right", "left"], typer.Option("--side", help="Side of the body; the numbers are those of its mirror.")]


@app.callback(invoke_without_command=True)
def about_body(
    context: typer.Context,
    osim: Annotated[Path | None, typer.Option(metavar="FILE", help="Ask an OpenSim model instead of the body that hipspine ships.")] = None,
    coordinate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Posture of the model, in degrees or metres; values with commas; may be given again."),
    ] = None,
    muscle: Annotated[str, typer.Option(metavar="PATTERN", help="Which of its muscles to show, such as glmax*.")] = "*",
    json: Json = False,
) -> None:
    """The body: gluteus maximus by fibre region, hip, sacroiliac joint, lower back.

    \b
    Example:
      hipspine body --osim model.osim --coordinate hip_flexion_r=0,90
    """
    if context.invoked_subcommand is not None:
        if osim is not None or coordinate or json:
            raise InputError(f"--osim: stands alone, not before {context.invoked_subcommand!r}; leave out one of them.")
        return
    if osim is None:
        if coordinate or json:
            raise InputError("--osim: no model is named; give --osim FILE, or a command such as 'hipspine body arms'.")
        send(context.get_help())
        return
    announce_kernels("hipspine.mechanics.paths.pulling")
    with about(osim), progress("reading the model") as tell:
        document = use("hipspine.workflows.body_files").osim_document(osim, coordinates=coordinate or [], muscle=muscle, progress=tell)
    send_json(document) if json else send("\n".join(of_osim(document)))


@app.command()
def arms(
    hip_flexion_deg: Flexion = None,
    hip_adduction_deg: Adduction = None,
    hip_rotation_deg: Rotation = None,
    knee_flexion_deg: Knee = None,
    lines: Annotated[int, typer.Option(metavar="N", help="Lines in each of the two layers, 3 to 1000.")] = 9,
    side: OnSide = "right",
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
    send_json(document) if json else send("\n".join(of_arms(document)))


@app.command()
def functions(
    hip_flexion_deg: Flexion = None,
    hip_adduction_deg: Adduction = None,
    hip_rotation_deg: Rotation = None,
    knee_flexion_deg: Knee = None,
    side: OnSide = "right",
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
    send_json(document) if json else send("\n".join(of_functions(document)))


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
    send_json(document) if json else send("\n".join(of_load(document)))


@app.command()
def sij(
    activation: Annotated[float, typer.Option(metavar="A", help="Share of the muscle's capacity, 0 to 1.")] = 1.0,
    samples: Annotated[int, typer.Option(metavar="N", min=2, help="Bodies that are drawn.")] = 2000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same numbers.")] = 0,
    json: Json = False,
) -> None:
    """Compression and shear that gluteus maximus alone gives the sacroiliac joint, hip in neutral posture.

    \b
    Example:
      hipspine body sij --activation 0.2
    """
    announce_kernels("hipspine.mechanics.field_kernel")
    document = use("hipspine.workflows.sacroiliac").document(activation=activation, samples=samples, seed=seed)
    send_json(document) if json else send("\n".join(of_sij(document)))


@app.command()
def stand(
    one_leg: Annotated[Literal["right", "left"] | None, typer.Option(help="The leg to stand on; on both unless given.")] = None,
    lean_deg: Annotated[float, typer.Option(metavar="A", help="How far the trunk leans forward, 0 to 70.")] = 0.0,
    load_kg: Annotated[float, typer.Option(metavar="M", help="Load in the hanging hands, 0 to 100.")] = 0.0,
    height_m: Annotated[float, typer.Option(metavar="H", help="Height of the person.")] = 1.75,
    mass_kg: Annotated[float, typer.Option(metavar="M", help="Mass of the person.")] = 75.0,
    sex: Annotated[Literal["female", "male"] | None, typer.Option(help="For where mass sits; the mean of both unless given.")] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=2, help="Bodies that are drawn.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same numbers.")] = 0,
    json: Json = False,
) -> None:
    """Standing on two legs or one, leaning, lifting: what muscles, hips, the lowest disc and the sacroiliac joints take.

    \b
    Example:
      hipspine body stand --one-leg right
    """
    announce_kernels("hipspine.mechanics.paths.pulling")
    document = use("hipspine.workflows.body_stand").stand_document(
        one_leg=one_leg, lean_deg=lean_deg, load_kg=load_kg, height_m=height_m, mass_kg=mass_kg, sex=sex, samples=samples, seed=seed
    )
    send_json(document) if json else send("\n".join(of_stand(document)))


@app.command()
def show(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write; it opens in any browser, without a network.")] = Path(
        "hipspine-body.html"
    ),
    demand: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What 'hipspine demand --json' printed, to colour the regions by it.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a page with the muscle in three dimensions, sliders for the hip, and what each region does there.

    \b
    Example:
      hipspine body show --out body.html
    """
    announce_kernels("hipspine.mechanics.field_kernel")
    document = use("hipspine.workflows.body_show").body_show(out=out, demand=demand)
    send_json(document) if json else send(f"Written: {document['file']} ({document['bytes'] / 1e3:.0f} kB). Open it in a browser.")
