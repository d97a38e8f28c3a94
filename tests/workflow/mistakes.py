"""Every mistake of tests/mistakes.yaml: one sentence, the last on the screen and said once, and its exit code."""

import re
from pathlib import Path

import pytest
import yaml
from harness import ROOT

MISTAKES = yaml.safe_load((ROOT / "tests" / "mistakes.yaml").read_text(encoding="utf-8"))


def each(part: str):
    return pytest.mark.parametrize("mistake", MISTAKES[part], ids=lambda mistake: mistake["command"])


def lay_out(folder: Path) -> None:
    for name, content in MISTAKES["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def check(mistake: dict, code: int, screen: str) -> None:
    """The last line is the sentence; nothing else on the screen says the same."""
    sentence = ".*".join(map(re.escape, mistake["sentence"].split("...")))
    lines = [line for line in screen.splitlines() if line.strip()]
    assert re.fullmatch(sentence, lines[-1]), screen
    said = lines[-1].removeprefix("error: ")
    assert screen.count(said) == 1 and "Traceback" not in screen, screen
    assert code == mistake["code"], screen
