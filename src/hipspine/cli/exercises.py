"""Commands about exercises: the catalogue, their figures, what they ask of the body."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hipspine.cli.door import about, announce_kernels, send, send_json, use
from hipspine.cli.exercise_lines import of_atlas, of_check, of_demand, of_entry, of_lean, of_list
from hipspine.cli.progress import progress
from hipspine.cli.recordings import Json
from hipspine.errors import InputError

app = typer.Typer(help="Exercises: the catalogue, their figures, new ones.", rich_markup_mode=None)
atlas = typer.Typer(help="The demand atlas: what every exercise asks, worked out beforehand.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Any name of an exercise, or a file of your own that ends with .toml.")]


@app.callback()
def about_exercises() -> None:
    """Exercises: the catalogue, their figures, new ones."""


@atlas.callback()
def about_atlas() -> None:
    """The demand atlas: what every exercise asks, worked out beforehand."""


@app.command("list")
def list_exercises(
    position: Annotated[str | None, typer.Option(metavar="P", help="Only this position, such as supine or single-leg.")] = None,
    equipment: Annotated[str | None, typer.Option(metavar="A,B", help="What is at hand; 'none' for nothing.")] = None,
    region: Annotated[Literal["upper", "middle", "lower"] | None, typer.Option(help="Only where this region works.")] = None,
    level: Annotated[int | None, typer.Option(metavar="N", min=1, max=5, help="The hardest level, 1 anyone to 5 athlete.")] = None,
    json: Json = False,
) -> None:
    """List the exercises, all or those that fit.

    \b
    Example:
      hipspine exercises list --position supine --equipment none
    """
    document = use("hipspine.workflows.exercise_choice").chosen(position=position, equipment=equipment, region=region, level=level)
    send_json(document) if json else send("\n".join(of_list(document)))


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show one exercise: how it is done, what it trains, what to be careful of, how much to begin with.

    \b
    Example:
      hipspine exercises show hip-thrust
    """
    work = use("hipspine.workflows.exercises")
    with about(name):
        document = work.entry(work.resolve(name))
    send_json(document) if json else send("\n".join(of_entry(document)))


@app.command()
def draw(
    name: Name,
    svg: Annotated[Path, typer.Option("--svg", metavar="OUT", help="The SVG file to write.")],
    side: Annotated[Literal["right", "left"], typer.Option(help="The side that works.")] = "right",
    still: Annotated[bool, typer.Option("--still", help="Start and end side by side, for paper, rather than moving.")] = False,
    width_px: Annotated[int, typer.Option(metavar="N", min=80, max=4000, help="Width of the picture.")] = 400,
    json: Json = False,
) -> None:
    """Draw an exercise as an animated picture, from the same motion that its numbers come from.

    \b
    Example:
      hipspine exercises draw hip-thrust --svg hip-thrust.svg
    """
    with about(name, svg):
        document = use("hipspine.workflows.exercises").draw(name, svg=svg, side=side, still=still, width_px=width_px)
    send_json(document) if json else send(f"Written: {document['file']} ({document['bytes'] / 1e3:.1f} kB).")


@app.command()
def sheet(
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help="The page to write, HTML.")],
    position: Annotated[str | None, typer.Option(metavar="P", help="Only this position, such as supine or single-leg.")] = None,
    still: Annotated[bool, typer.Option("--still", help="Start and end side by side rather than moving.")] = False,
    json: Json = False,
) -> None:
    """Draw all exercises on one page, to look at them together; it takes a minute.

    \b
    Example:
      hipspine exercises sheet --position hang --out exercises.html
    """
    with about(out), progress("drawing") as tell:
        document = use("hipspine.workflows.exercise_sheet").sheet(out, base=position, still=still, progress=tell)
    send_json(document) if json else send(f"Written: {document['file']} ({document['figures']} figures, {document['bytes'] / 1e6:.1f} MB).")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new exercise: small letters, numbers, hyphens.")],
    like: Annotated[str, typer.Option(metavar="NAME", help="The exercise to start from.")] = "bodyweight-squat",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the file.")] = Path("."),
    json: Json = False,
) -> None:
    """Write a file to start a new exercise from.

    \b
    Example:
      hipspine exercises new my-bridge --like double-leg-bridge
    """
    document = use("hipspine.workflows.exercises").new(name, out=out, like=like)
    send_json(document) if json else send(
        f"Written: {document['file']}, started from {document['like']}. Then: hipspine exercises check {document['file']}"
    )


@app.command()
def check(
    names: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files of your own, or names of the catalogue.")],
    json: Json = False,
) -> None:
    """Say what is wrong with an exercise, one sentence each; exit code 2 if anything is.

    \b
    Example:
      hipspine exercises check hip-thrust
    """
    announce_kernels("hipspine.mechanics.paths.pulling")
    with progress("checking") as tell:
        document = use("hipspine.workflows.exercises").check(names, progress=tell)
    send_json(document) if json else send("\n".join(of_check(document)))
    if not document["sound"]:
        first, *others = [fault for faults in document["faults"].values() for fault in faults]
        raise InputError(first if not others else f"{first.rstrip('.')}; and {len(others)} more, listed above.")


@app.command()
def lean(
    name: Name,
    habit: Annotated[float, typer.Option(metavar="H", min=0.0, help="How much people keep to what is written; 0 is muscles alone.")] = 4.0,
    json: Json = False,
) -> None:
    """Say how pelvis and trunk would stand at least effort, pose by pose, for whoever writes an exercise; it takes a minute.

    \b
    Example:
      hipspine exercises lean single-leg-stance
    """
    with about(name), progress("searching") as tell:
        document = use("hipspine.workflows.exercise_lean").leaned(name, habit=habit, progress=tell)
    send_json(document) if json else send("\n".join(of_lean(document)))


def demand(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Any name of an exercise, or a file of your own.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All exercises of the catalogue.")] = False,
    mass_kg: Annotated[float, typer.Option(metavar="M", help="Mass of the person.")] = 75.0,
    height_m: Annotated[float, typer.Option(metavar="H", help="Height of the person.")] = 1.75,
    load: Annotated[float | None, typer.Option("--load", metavar="KG", help="All loads together; the exercise's own unless given.")] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=2, max=5000, help="Bodies that are drawn.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same numbers.")] = 0,
    json: Json = False,
) -> None:
    """What an exercise asks of each region and muscle, of hips, sacroiliac joints and the lowest disc.

    \b
    Example:
      hipspine demand romanian-deadlift --load 40
    """
    if (name is None) != every:
        raise InputError(
            "NAME: no exercise is named; give one, or --all." if name is None else f"{name}: stands beside --all; give one of both."
        )
    work = use("hipspine.workflows.exercises")
    with about(name or "--all"):
        chosen = list(work.catalogue().values()) if name is None else [work.resolve(name)]
        announce_kernels("hipspine.mechanics.carrying_kernel")
        with progress("working out the demand") as tell:
            document = use("hipspine.workflows.demand").demand_document(
                chosen, mass_kg=mass_kg, height_m=height_m, load_kg=load, samples=samples, seed=seed, progress=tell
            )
    send_json(document) if json else send("\n".join(of_demand(document)))


@atlas.command()
def build(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where parts and the atlas are kept; a stopped build goes on from there.")
    ] = Path("hipspine-atlas"),
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this exercise's part; may be given again. No atlas is written.")
    ] = None,
    samples: Annotated[int, typer.Option(metavar="N", min=2, help="Bodies of the ensemble.")] = 200,
    frames: Annotated[int, typer.Option(metavar="N", min=5, help="Frames of each repetition.")] = 101,
    engine: Annotated[Literal["processes", "inline"], typer.Option(help="One process for each core, or none; same bytes.")] = "processes",
    json: Json = False,
) -> None:
    """Work out the demand of every exercise; what was worked out before is kept.

    \b
    Example:
      hipspine atlas build --only clam --samples 20 --frames 21
    """
    announce_kernels("hipspine.mechanics.carrying_kernel")
    chosen = None if not only else [use("hipspine.workflows.exercises").resolve(name) for name in only]
    with progress("building the atlas") as tell:
        document = use("hipspine.workflows.atlas").build(out, only=chosen, samples=samples, frames=frames, engine=engine, progress=tell)
    send_json(document) if json else send("\n".join(of_atlas(document)))
