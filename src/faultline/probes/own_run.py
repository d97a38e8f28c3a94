"""The model sampled by ``pm.sample`` with a user's arguments, and which of them make the run fail.

An argument is at fault if the same run passes once PyMC's own choice stands in its place. That is tried, not inferred.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pymc as pm

from faultline.core.errors import InputError, TimeLimit, one_line, shown
from faultline.criteria.own_run import HAMILTONIAN, NO_GRADIENT, NUTS, USUAL, WITHOUT_GRADIENT
from faultline.engine.draws import tidy
from faultline.engine.samplers.base import cores_for
from faultline.probes.convergence import Run, summarise_draws

CHOICES = ("step", "initvals", "nuts_sampler", "init")
"""Arguments that take the place of a choice of PyMC's."""
DEPTH = {"numpyro": "max_tree_depth", "blackjax": "max_num_doublings"}
"""What a sampler calls ``max_treedepth``, where ``pm.sample`` does not translate it."""
PREFERRED = "nutpie"
"""What PyMC samples with where it can and nothing is said."""
STARTS_AT_MODEL = "adapt_diag"
"""The way to initialize NUTS that starts where the model says, without jitter: for a run that does not start."""

Attempt = tuple[dict[str, Any], Any]
"""What a run says of itself (`attempted`), and its draws, or None where there are none."""


def attempted(model: pm.Model, arguments: Mapping[str, Any], seed: int) -> Attempt:
    """Sample a model as ``pm.sample(**arguments)`` does, in this process.

    Parameters
    ----------
    arguments
        Those of ``pm.sample``; ``max_treedepth`` and ``target_accept`` too. ``step`` is the name of a step method.

    Returns
    -------
    The figures of the run (`core.sections.run.Run`), or ``error`` with its ``type`` and ``message``; and the draws.
    """
    began = time.perf_counter()
    try:
        with model, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [rv.name for rv in model.free_RVs]
            tree = pm.sample(**_arguments(arguments, seed), var_names=names)
    except (KeyboardInterrupt, SystemExit, MemoryError, TimeLimit):
        raise
    except BaseException as error:  # a panic of nutpie's is no Exception
        message = one_line(str(error).strip() or "no message", 300)
        return {
            "error": {"type": type(error).__name__, "message": message},
            "seconds": time.perf_counter() - began,
        }, None
    seconds, draws = time.perf_counter() - began, tidy(model, tree, None, ())
    about = {**tree["posterior"].attrs, **tree["sample_stats"].attrs}
    asked = {
        "nuts": arguments.get("step") or str(about.get("inference_library", "unknown")),
        "init": arguments.get("init"),
        "chains": draws["posterior"].sizes["chain"],
        "tune": int(about.get("tuning_steps", arguments.get("tune", USUAL["tune"]))),
        "draws": draws["posterior"].sizes["draw"],
        "target_accept": arguments.get("target_accept"),
        "max_treedepth": arguments.get("max_treedepth", USUAL["max_treedepth"]),
    }
    return summarise_draws(Run(draws, seconds, True, asked), model), draws


def moves(model: pm.Model, arguments: Mapping[str, Any]) -> str:
    """How such a run moves the continuous variables of a model; without any there is no gradient to follow."""
    step = arguments.get("step")
    if step in WITHOUT_GRADIENT or not model.continuous_value_vars:
        return NO_GRADIENT
    return HAMILTONIAN if step == "HamiltonianMC" else NUTS


def check_names(model: pm.Model, arguments: Mapping[str, Any]) -> None:
    """Raise ``InputError`` if ``initvals`` names what is no free variable of the model, nor one as it is transformed."""
    free = [rv.name for rv in model.free_RVs]
    known = {*free, *(value.name for value in model.value_vars)}
    if unknown := [name for name in arguments.get("initvals", ()) if name not in known]:
        raise InputError(
            f"as_yours.initvals names {shown(unknown[0])}, which is no free variable of the model; its free variables are {', '.join(free)}."
        )


def _arguments(given: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The call of ``pm.sample``: with 4 chains where nothing is said, for PyMC would make as many as there are cores."""
    nuts_sampler = given.get("nuts_sampler")
    call = {name: given[name] for name in ("draws", "tune", "init", "nuts_sampler") if name in given}
    nuts = {name: given[name] for name in ("target_accept", "max_treedepth") if name in given}
    if nuts_sampler in DEPTH and "max_treedepth" in nuts:
        nuts[DEPTH[nuts_sampler]] = nuts.pop("max_treedepth")
    if "initvals" in given:
        call["initvals"] = {name: np.asarray(value, float) for name, value in given["initvals"].items()}
    if "step" in given:
        method = getattr(pm, given["step"])
        takes = {"NUTS": nuts.keys(), "HamiltonianMC": nuts.keys() - {"max_treedepth"}}.get(given["step"], ())
        call["step"] = method(**{name: nuts[name] for name in takes})
    elif nuts:
        call["nuts"] = nuts
    chains = given.get("chains", USUAL["chains"])
    return {
        **call,
        "chains": chains,
        # Which draws come out does not depend on it. Nutpie's chains are threads of this process; PyMC's own would be processes, to which
        # the model has to be pickled, and which end with other errors.
        "cores": cores_for({"chains": chains}) if nuts_sampler == PREFERRED else 1,
        "random_seed": given.get("seed", seed),
        "progressbar": False,
        "quiet": True,
        "compute_convergence_checks": False,
    }


def changes(arguments: Mapping[str, Any], started: bool) -> dict[str, Any]:
    """Arguments that may make a run fail -> what to try in their place; None: PyMC's own choice.

    What asks for more than PyMC does by itself is kept, but for a ``target_accept`` whose steps may be too small. Where the
    run did not start, jitter is left out.
    """
    found = {name: usual for name, usual in USUAL.items() if arguments.get(name, usual) < usual}
    if arguments.get("target_accept", 0.0) > USUAL["target_accept"]:
        found["target_accept"] = USUAL["target_accept"]
    if arguments.get("step") in WITHOUT_GRADIENT:
        found = {
            name: usual for name, usual in found.items() if name not in ("target_accept", "max_treedepth")
        }
    found |= {name: None for name in CHOICES if name in arguments}
    if (
        found.get("nuts_sampler", "") is None
        and arguments["nuts_sampler"] == PREFERRED
        and not arguments.keys() & {"init", "step"}
    ):
        del found["nuts_sampler"]  # PyMC chooses that by itself
    if not started and "step" not in arguments and arguments.get("init") != STARTS_AT_MODEL:
        found["init"] = STARTS_AT_MODEL
    return found


def changed(arguments: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with a change made."""
    return {name: value for name, value in {**arguments, **change}.items() if value is not None}


def at_fault(
    arguments: Mapping[str, Any],
    first: Mapping[str, Any],
    attempt: Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], bool]],
    seconds_left: Callable[[], float],
    keep: Callable[[list[dict[str, Any]]], None] = lambda rows: None,
) -> dict[str, Any]:
    """Which arguments make a run fail that did not pass.

    Parameters
    ----------
    first
        The run as the user made it.
    attempt
        Makes a run with a change: its figures or its ``error``, and whether it passes.
    seconds_left
        Seconds in which to try.
    keep
        Is given what was tried so far, after each run.

    Returns
    -------
    ``tried``: rows with a ``change``, whether it ``passes``, and figures; ``cure``: the smallest change found with which the
    run passes, None where there is none; ``stopped``: whether time ended the search before that was known.
    """
    rows: list[dict[str, Any]] = []
    longest = first["seconds"]

    def cures(change: Mapping[str, Any]) -> bool:
        nonlocal longest
        if seconds_left() < longest:
            raise TimeLimit
        figures, passed = attempt(change)
        longest = max(longest, figures["seconds"])
        rows.append(row_of(change, figures, passed))
        keep(rows)
        return passed

    found = {"tried": rows, "cure": None, "stopped": False}
    try:
        for change in _search(changes(arguments, "error" not in first), cures):
            found["cure"] = change
    except TimeLimit:
        found["stopped"] = True
    return found


def _search(every: Mapping[str, Any], cures: Callable[[Mapping[str, Any]], bool]) -> Iterator[dict[str, Any]]:
    """Ever smaller changes that cure: all at once, then the first that does alone, else what is left of all without those that
    need not be. Where all at once do not cure, one of them may be what the run needs, so each is tried alone as well.
    """
    if not every:
        return
    if together := cures(every):
        yield dict(every)
    if len(every) == 1:
        return
    for name, value in every.items():
        if cures({name: value}):
            yield {name: value}
            return
    needed = dict(every)
    for name in every if together and len(every) > 2 else ():
        fewer = {other: value for other, value in needed.items() if other != name}
        if len(fewer) > 1 and cures(fewer):
            needed = fewer
            yield needed


def row_of(change: Mapping[str, Any], figures: Mapping[str, Any], passed: bool) -> dict[str, Any]:
    """What a record keeps of a run with a change."""
    keys = (
        "divergences",
        "n_draws",
        "max_rhat",
        "min_ess",
        "min_ebfmi",
        "max_treedepth_fraction",
        "seconds",
        "error",
    )
    return {"change": dict(change), "passes": passed, **{key: figures.get(key) for key in keys}}
