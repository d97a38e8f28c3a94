"""The settings in blocks: groups, sampler, as_yours, compare, limits, each with its default, its limits and its meaning."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from faultline.core.checking import PATH
from faultline.core.settings import block, option

Nuts = Literal["blackjax", "numpyro", "nutpie", "pymc"]
Init = Literal[
    *("auto", "adapt_diag", "jitter+adapt_diag", "jitter+adapt_diag_grad", "adapt_full", "jitter+adapt_full"),
    *("advi+adapt_diag", "advi", "advi_map", "jitter+map"),
]
Step = Literal["NUTS", "HamiltonianMC", "Metropolis", "DEMetropolis", "DEMetropolisZ", "Slice"]
"""Names that PyMC has for implementations of NUTS, for ways to initialize it, and for step methods of continuous variables."""


@dataclass(frozen=True)
class Freeze:
    source: Literal["initial", "truth"] = option(
        "initial",
        "Where the frozen values come from: the case's initial estimate, or the true values in the dataset.",
    )
    lengths: bool = option(True, "Freeze the lengths too, if the case names such latents.")


@dataclass(frozen=True)
class Groups:
    max_T: int | None = option(
        80,
        "Maximum length of the data, if the case's load_dataset(path, max_T, max_K) truncates them; null: no limit.",
        minimum=2,
    )
    max_K: int | None = option(8, "Maximum width of the data, likewise; null: no limit.", minimum=1)
    sizes: list[int] = block(
        list,
        "The size ladder: increasing values of max_T at which to sample the failing configuration as well.",
        items={"type": "integer", "minimum": 2},
    )
    freeze: Freeze = block(Freeze, "The group that freezes latent variables.")


@dataclass(frozen=True)
class Confirm:
    tune: int = option(700, "Tuning steps per chain of the run that confirms a failure.", minimum=1)
    draws: int = option(500, "Draws per chain of the run that confirms a failure.", minimum=4)


@dataclass(frozen=True)
class Extended:
    chains: int = option(4, "Chains of the longer run.", minimum=2)
    tune: int = option(1000, "Tuning steps per chain of the longer run.", minimum=1)
    draws: int = option(1000, "Draws per chain of the longer run.", minimum=4)


@dataclass(frozen=True)
class Sampler:
    nuts: Nuts = option(
        "blackjax", "NUTS implementation: blackjax or numpyro (inside XLA), nutpie, or pymc (PyMC's own)."
    )
    chains: int = option(2, "Chains of the short run that comes first.", minimum=1)
    tune: int = option(300, "Tuning steps per chain of the short run.", minimum=1)
    draws: int = option(100, "Draws per chain of the short run.", minimum=4)
    target_accept: float = option(
        0.8, "Target acceptance rate of tuning.", exclusiveMinimum=0, exclusiveMaximum=1
    )
    confirm: Confirm = block(
        Confirm,
        "A rerun of the same chains if the short run fails, because longer tuning may cure the failure.",
    )
    extended: Extended = block(Extended, "The longer run, made only if the short one is inconclusive.")


@dataclass(frozen=True)
class AsYours:
    nuts_sampler: Nuts | None = option(None, "As in pm.sample; null, here and below: what PyMC chooses.")
    init: Init | None = option(None, "How NUTS is initialized.")
    initvals: dict | None = option(
        None,
        "Name of a variable -> where its chains start.",
        additionalProperties={
            "type": ["number", "array"],
            "items": {"type": ["number", "array"], "items": {"type": "number"}},
        },
    )
    tune: int | None = option(None, "Tuning steps per chain.", minimum=0)
    draws: int | None = option(None, "Draws per chain.", minimum=1)
    chains: int | None = option(None, "Chains; null: 4.", minimum=1)
    cores: int | None = option(
        None,
        "Not used: it changes how fast a run is, and not what it draws. Nutpie's chains run side by side.",
        minimum=1,
    )
    target_accept: float | None = option(
        None, "Target acceptance rate of tuning.", exclusiveMinimum=0, exclusiveMaximum=1
    )
    max_treedepth: int | None = option(None, "Maximum depth of the tree of a draw.", minimum=1)
    step: Step | None = option(None, "The step method of all variables.")
    seed: int | None = option(None, "Seed of the run; null: seed.", minimum=0, maximum=2**32 - 1)

    def given(self) -> dict[str, Any]:
        """What is not left to PyMC."""
        return {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if value is not None and name != "cores"
        }


@dataclass(frozen=True)
class Side:
    suite: str | None = option(
        None,
        "A suite of the same case: what its last run was of. Null, here and below: as in the rest of config.yaml.",
        minLength=1,
    )
    variants: str | dict[str, str] | None = option(None, "A preset, or a mapping of variant to choice.")
    components: dict[str, bool] | None = option(None, "Components switched on or off.")
    dataset: str | None = option(None, "The data; of a pipeline the scenario.", pattern=PATH)
    revision: str | None = option(
        None,
        "A branch, a tag or a hash of the git repository that the case stands in; null: the case as it stands.",
        minLength=1,
    )


@dataclass(frozen=True)
class Compare:
    works: Side = block(Side, "What works.")
    fails: Side = block(Side, "What fails; what it does not say is as in the rest of this file.")


@dataclass(frozen=True)
class Limits:
    compile: int = option(300, "Seconds one compilation may take.", minimum=1)
    total: int = option(900, "Seconds one group may take in all.", minimum=1)
    apart: int = option(
        300,
        "Seconds that ablation may take, of a model without components or of the smallest one that fails; the report lists what it skips.",
        minimum=1,
    )
    remedies: int = option(
        5,
        "Changes of a failing model that are tried by themselves; 0: none.",
        minimum=0,
    )
    memory_mb: int = option(6000, "Memory one group may use, in megabytes.", minimum=500)
