"""``faultline fix MODEL.py``: a copy of the file beside it, with the change that cures."""

from __future__ import annotations

from pathlib import Path

import click

from faultline.cli.places import diagnosed, settle


@click.command()
@click.argument("model")
@click.option("--output", help="Name of the copy. Default: MODEL_fixed.py beside the file.")
def command(model: str, output: str | None) -> int:
    """Write a copy of a diagnosed file with the change that cures its model.

    MODEL is the file as it was given to faultline diagnose. The file itself is left as it is.
    """
    settle()
    path, text, said = cure(model)
    target = Path(output) if output else path.with_name(f"{path.stem}_fixed{path.suffix}")
    from faultline.core.errors import InputError

    if target.exists() and target.read_bytes() != text.encode():
        raise InputError(
            f"{target} exists already and is another file; remove it, or give another name with --output."
        )
    target.write_bytes(text.encode())
    print(f"{target}: {path.name} with this change: {said}.")
    return 0


def cure(model: str) -> tuple[Path, str, str]:
    """The file that a diagnosis was of, its text with the change that cures, and that change in words.

    Raises
    ------
    InputError
        There is no diagnosis of it, none of the changes cures, or the file has changed since.
    """
    from hashlib import sha256

    from faultline.core.errors import InputError
    from faultline.core.record import read_json
    from faultline.diagnosis.remedies.words import imperative

    path, newest = diagnosed(model)
    remedies = read_json(newest / "results/summary.json").get("remedies")
    best = remedies and (remedies["help"] if remedies["cure"] is None else remedies["cure"])
    if best is None:
        raise InputError(
            f"no change is known that cures the model of {path}; see {newest}/report_summary.html for what to do."
        )
    row = remedies["tried"][best]
    code = row["code"] or {}
    if "text" not in code:
        why = code.get("why", "the change is one of the sampler's settings")
        raise InputError(
            f"the change is not written into {path}: {why}; make it by hand, as {newest}/report_summary.html says."
        )
    if sha256(path.read_bytes()).hexdigest() != code["sha256"]:
        raise InputError(f"{path} has changed since it was diagnosed; run faultline diagnose {model} again.")
    return path, code["text"], imperative(row)
