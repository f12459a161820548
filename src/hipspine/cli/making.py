"""Commands that make something: the demonstration and simulated recordings."""

from pathlib import Path
from typing import Annotated

import typer

from hipspine import __version__
from hipspine.cli.door import about, announce_kernels, send, send_json, use
from hipspine.cli.layout import wrapped
from hipspine.cli.progress import progress
from hipspine.cli.recordings import Json


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the recordings and reports go.")] = Path("hipspine-demo"),
    json: Json = False,
) -> None:
    """Assess a simulated person, and write the recordings and reports. Never asks.

    \b
    Example:
      hipspine demo --out my-demo
    """
    use("hipspine.workflows.documents").require_folder(out, option="--out")
    announce_kernels()
    document = use("hipspine.workflows.demo").demo(out)
    send_json(document) if json else send(use("hipspine.cli.findings").of_demo(document, folder=out))


def simulate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="bursts, contact, noise, prone-hip-extension or trunk-flexion-extension.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The recording to write: .c3d or .csv; its truth goes to FILE.truth.json.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed gives the same bytes.")] = 0,
    json: Json = False,
) -> None:
    """Write a simulated recording, and beside it the truth that it was made from.

    \b
    Example:
      hipspine simulate prone-hip-extension --out trial.c3d --seed 7
    """
    simulating = use("hipspine.workflows.simulating")
    beside = simulating.truth_beside(out)
    use("hipspine.workflows.documents").require_writable({"--out": out, "--out, for the truth": beside})
    with about("KIND", out):
        truth = simulating.simulate(kind, out=out, seed=seed)
    if json:
        send_json(
            {
                "file": str(out),
                "truth_file": str(beside),
                "simulated": True,
                "kind": kind,
                "seed": seed,
                "truth": truth,
                "version": __version__,
            }
        )
        return
    said = (f"Wrote {out} and {beside}.", "SIMULATED: made by a program, not measured on a person.")
    send("\n".join(wrapped(line) for line in said))


Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it is already there.")]
In = Annotated[Path, typer.Argument(metavar="IN", help="The recording, in any format that hipspine reads.")]


def convert(
    file: In,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write; its suffix chooses the format.")],
    keep_person: Annotated[bool, typer.Option("--keep-person", help="Carry names, dates and codes of people over too.")] = False,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Write a recording in another format, and say what that format loses.

    The result is read back and compared before OUT appears.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine convert bursts.c3d bursts.parquet
    """
    converting = use("hipspine.workflows.converting")
    with about(file, "OUT", out), progress(f"converting {file.name}") as tell:
        document = converting.convert(file, out, keep_person=keep_person, overwrite=overwrite, progress=tell)
    send_json(document) if json else send(use("hipspine.cli.streams").of_conversion(document))


def anonymise(
    file: In,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The copy to write, in the same format.")],
    overwrite: Overwrite = False,
    allow: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="This text is nobody's and may stay; may be given again.")] = None,
    json: Json = False,
) -> None:
    """Copy a recording without its person; search the copy for what is left.

    \b
    Example:
      hipspine simulate bursts --out bursts.c3d
      hipspine anonymise bursts.c3d anonymous.c3d
    """
    anonymising = use("hipspine.workflows.anonymising")
    with about(file, "OUT", out), progress(f"anonymising {file.name}") as tell:
        document = anonymising.anonymise(file, out, overwrite=overwrite, allow=allow or [], progress=tell)
    send_json(document) if json else send(use("hipspine.cli.streams").of_anonymous(document))
