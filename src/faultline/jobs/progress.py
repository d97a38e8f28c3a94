"""The stages of a measurement in the words that people read while it runs. The names themselves stand in records and logs."""

from __future__ import annotations

import re
from dataclasses import dataclass

IN_WORDS = {
    "start": "starting",
    "import": "loading PyMC",
    "import_arviz": "loading ArviZ",
    "load": "reading the model and its data",
    "build": "building the model",
    "freeze": "fixing the latent variables",
    "wait": "waiting for another compilation",
    "graph": "building the gradient",
    "graph_cost": "timing the graph of the model",
    "compile": "compiling",
    "compile_conditions": "compiling",
    "compile_whole": "compiling",
    "first": "evaluating for the first time",
    "steady": "timing the gradient",
    "structure": "examining the structure of the model",
    "pictures": "drawing what the stages left",
    "logp": "evaluating every term of the log-probability",
    "equal_terms": "looking for terms that are counted twice",
    "domains": "looking for values outside a domain",
    "cut": "looking for distributions that a transform truncates",
    "densities": "checking that densities integrate to 1",
    "shapes": "checking shapes",
    "indices": "checking indices",
    "data": "examining the data",
    "gradient": "evaluating the gradient",
    "at_draws": "evaluating the gradient at your draws",
    "finite_differences": "comparing the gradient with finite differences",
    "second_backend": "comparing with a second backend",
    "comparison": "comparing the cost of the components",
    "gradient_along_lines": "checking the gradient along lines",
    "priors": "comparing prior and posterior",
    "compile_sampler": "compiling",
    "sample": "sampling",
    "sample_extended": "sampling, longer run",
    "as_yours": "sampling as you did",
    "other_arguments": "sampling with other arguments of pm.sample",
    "statistics": "computing R-hat and effective sample sizes",
    "arviz": "asking ArviZ for its opinion",
    "recovery": "comparing with the true values",
    "group_probes": "running the checks of the case",
    "base": "sampling with other chains",
    "whole": "sampling the whole model",
    "longer": "sampling, longer run",
    "conflict": "comparing prior and posterior",
    "modes": "looking for multiple modes",
    "custom_distributions": "checking custom distributions",
    "custom_counts": "checking custom distributions of counts",
    "outside_sums": "examining the terms outside distributions",
    "completed": "looking for priors that a potential cancels",
    "warped": "looking for a missing change of variables",
    "between_observed": "examining sums between observations",
    "relaxed": "leaving out priors one by one",
    "curvature": "measuring the curvature",
    "bends_in_prior": "measuring the curvature of the prior",
    "far": "evaluating far from the draws",
    "endless": "following the tails",
    "unheld": "looking for values that the likelihood does not bound",
    "cliffs": "looking for discontinuities of the density",
    "discrete_held": "sampling with the discrete variables held",
    "controls": "sampling for comparison",
    "holding": "sampling with one variable held at a time",
    "remedies": "looking for changes that the model allows",
    "identity": "checking that the posterior is the same",
    "code": "writing the change into a copy of your file",
    "unused": "leaving out what the model does not use",
    "dropping": "sampling with one term left out at a time",
}
"""Name of a stage -> what happens in it."""


def in_words(stage: str) -> str:
    """``sampling`` for ``sample``."""
    return IN_WORDS.get(stage, stage.replace("_", " "))


def called(label: str) -> str:
    """``group 3`` for ``group_3``, ``size 200`` for ``size_200``."""
    return label.replace("_", " ")


ENDED = "measured"
"""What is said last of a measurement that went to its end."""
_LINE = re.compile(r"(?P<label>[a-z]+ \d+): (?P<text>.+)")
_STATUS = re.compile(
    r"(?P<doing>.+?)(?:, (?P<done>\d+) of (?P<total>\d+) draws, (?P<divergences>\d+) divergences?)? \(\d+ s, \d+ MB\)"
)


@dataclass(frozen=True)
class News:
    """What a line of a measurement says of its group."""

    label: str
    doing: str
    draws: str = ""
    ended: bool = False


def heard(line: str) -> News | None:
    """What the line of a supervisor means; None for any other."""
    if not (found := _LINE.fullmatch(line)):
        return None
    label, text = found["label"], found["text"]
    if text == ENDED or text.startswith("ended while "):
        return News(label, "" if text == ENDED else text, ended=True)
    status = _STATUS.fullmatch(text)
    draws = f"{status['done']}/{status['total']}" if status and status["done"] else ""
    return News(label, status["doing"] if status else text, draws)
