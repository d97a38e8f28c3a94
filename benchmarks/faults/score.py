"""Who is right how often: Faultline's summaries against the answers, beside the simple rules.

A component is right if one of the names that come first is among those of the answer; a run that was broken from outside
has no name to find, there the cause decides. A false alarm is any accusation of a sound model or of a repaired twin.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.faults.corpus import SETS, Run, runs  # noqa: E402
from benchmarks.faults.simple_rules import RULES, sampling, scaled_variable  # noqa: E402
from faultline.core.record import read_json, save_text  # noqa: E402

CLASSES = "abcdh"
NAMELESS = ("unknown", "model", "?")


@dataclass(frozen=True)
class Said:
    """What one method says about one run: names in order of suspicion, a cause, and the minutes it took."""

    run: Run
    seed: int
    names: list[list[str]]
    cause: str | None
    minutes: float | None = None
    sure: str | None = None

    @property
    def alarm(self) -> bool:
        return bool(self.names) or self.cause is not None

    @property
    def truth(self) -> str:
        """The class of the fault that the first suspect is about; of two faults, of the first one if it is about neither."""
        first = set(self.names[0]) if self.names else set()
        answers = [self.run.answer, *self.run.answer.get("also", [])]
        return next((a for a in answers if first & set(a["names"])), self.run.answer)["cause_class"]

    @property
    def wrongly_sure(self) -> bool:
        """Whether it says "high" of a sound model, or of another part or another kind of cause than the fault's."""
        if self.sure != "high":
            return False
        return self.alarm if not self.run.answer else not (self.right(1) and self.cause == self.truth)

    def right(self, first: int) -> bool:
        answers = [self.run.answer, *self.run.answer.get("also", [])]
        wanted = {name for answer in answers for name in answer["names"]}
        if not self.run.answer["names"]:
            return self.cause == self.run.answer["cause_class"]
        return any(wanted & set(names) for names in self.names[:first])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--sound_seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--models", choices=SETS, default="all")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    corpus = runs(arguments.models)
    pairs = [
        (run, seed)
        for run in corpus
        for seed in (arguments.seeds if run.answer else arguments.sound_seeds)
        if (arguments.folder / run.name / f"seed_{seed}" / "summary.json").is_file()
    ]
    ours = [faultline(arguments.folder, run, seed) for run, seed in pairs]
    scaled = {run.name: scaled_variable(run.path, run.written) for run in corpus}
    methods = {"Faultline": ours}
    for name, rule in RULES.items():
        methods[name] = [simple(arguments.folder, run, seed, rule, scaled[run.name]) for run, seed in pairs]
    text = "\n".join([*table(methods), "", *mistakes(ours), *stability(ours)]) + "\n"
    print(text)
    if arguments.output:
        save_text(arguments.output, text)
    return 0


def faultline(folder: Path, run: Run, seed: int) -> Said:
    """What the summary says; remarks, which decide nothing, are no accusation."""
    summary = read_json(folder / run.name / f"seed_{seed}" / "summary.json")
    accused = summary["component"] is not None or summary["cause_class"] is not None
    names = [suspect["names"] for suspect in summary["suspects"]] if accused else []
    return Said(run, seed, names, summary["cause_class"], summary["measuring"] / 60, summary["confidence"])


def simple(folder: Path, run: Run, seed: int, rule, scaled: str | None) -> Said:
    """What a rule of thumb says: its only cause is bad geometry."""
    names = rule(sampling(folder / run.name / f"seed_{seed}"), scaled)
    return Said(run, seed, [[name] for name in names], "a" if names else None)


def table(methods: dict[str, list[Said]]) -> list[str]:
    """One row per method."""
    rows = [
        '| | component right, first | among three | cause right | macro F1 | false alarms | abstained | "high" and wrong | minutes, median |',
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, said in methods.items():
        faulty, sound = [s for s in said if s.run.answer], [s for s in said if not s.run.answer]
        first, three = (sum(s.right(n) for s in faulty) for n in (1, 3))
        cause = sum(s.cause == s.truth for s in faulty)
        silent = sum(not s.names or s.names[0][0] in NAMELESS for s in faulty if s.run.answer["names"])
        minutes = [s.minutes for s in said if s.minutes is not None]
        cells = [
            *(_share(n, len(faulty)) for n in (first, three, cause)),
            f"{macro_f1(said):.2f}",
            f"{sum(s.alarm for s in sound)} of {len(sound)}",
            _share(silent, len(faulty)),
            _wrongly_sure(said),
            f"{statistics.median(minutes):.2f}" if minutes else "",
        ]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def _wrongly_sure(said: Sequence[Said]) -> str:
    """Of a method that says how sure it is, how often it is sure and wrong."""
    sure = [s for s in said if s.sure == "high"]
    return f"{sum(s.wrongly_sure for s in sure)} of {len(sure)}" if any(s.sure for s in said) else ""


def macro_f1(said: Sequence[Said]) -> float:
    """F1 of each class of cause that occurs, over all runs (an alarm on a sound one is a false positive), averaged."""
    scores = []
    for letter in CLASSES:
        truth = {i for i, s in enumerate(said) if s.run.answer and s.truth == letter}
        told = {i for i, s in enumerate(said) if s.cause == letter}
        if truth:
            scores.append(2 * len(truth & told) / (len(truth) + len(told)))
    return statistics.mean(scores) if scores else 0.0


def mistakes(said: Sequence[Said]) -> list[str]:
    """Every run that is not right, in words."""
    rows = []
    for s in said:
        answer = s.run.answer
        if answer and not (s.right(1) and s.cause == s.truth):
            rows.append(
                f"- {s.run.name}, seed {s.seed}: {answer['names']} ({answer['cause_class']}), said {s.names[:3]} ({s.cause}){_how_sure(s)}"
            )
        if not answer and s.alarm:
            rows.append(f"- {s.run.name}, seed {s.seed}: sound, said {s.names[:3]} ({s.cause}){_how_sure(s)}")
    return ["Not right:" if rows else "All right.", *rows]


def _how_sure(said: Said) -> str:
    return ', "high"' if said.wrongly_sure else ""


def stability(said: Sequence[Said]) -> list[str]:
    """Share of faulty runs whose first suspect is the same on every seed."""
    by_run: dict[str, list[tuple[str, ...]]] = {}
    for s in said:
        if s.run.answer:
            by_run.setdefault(s.run.name, []).append(tuple(sorted(s.names[0])) if s.names else ())
    several = [firsts for firsts in by_run.values() if len(firsts) > 1]
    if not several:
        return []
    same = sum(len(set(firsts)) == 1 for firsts in several)
    return [
        "",
        f"The same first suspect on every seed: {_share(same, len(several))} of the models with a fault.",
    ]


def _share(n: int, of: int) -> str:
    return f"{n} of {of} ({100 * n / of:.0f} %)" if of else "none"


if __name__ == "__main__":
    sys.exit(main())
