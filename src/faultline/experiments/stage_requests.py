"""What is asked of a stage of a pipeline: its request, under whose key stands what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.store.keys import closure, digest, file_digest, version_of
from faultline.store.objects import Store
from faultline.targets.opened import content
from faultline.targets.pipeline import PREVIOUS, WORKFLOW, Stage
from faultline.targets.pipeline_keys import ALL_CHOICES, SCAN, Sources
from faultline.targets.snakefile import Workflow


class StageRequests:
    """What decides the result of a stage beside its inputs: sources, versions, and Faultline's own part in it.

    ``modules``: name and file of those that the case has imported from elsewhere than its own folder, and that are no libraries.
    """

    def __init__(
        self,
        sources: Sources,
        workflow: Workflow | None,
        spec: Mapping[str, Any],
        store: Store,
        modules: Mapping[str, str],
    ):
        self._sources, self.modules = sources, modules
        self._workflow = workflow and [
            version_of("snakemake"),
            closure(["faultline.targets.snakefile"], store.digests),
            [file_digest(path) for path in workflow.files],
        ]
        libraries = {name: version for name in sorted(sources.libraries()) if (version := version_of(name))}
        own = closure(["faultline.targets.pipeline_run"], store.digests)
        others = {name: content(path) for name, path in modules.items()}
        self._common = digest([spec["versions"], libraries, own, others])

    def shares_state(self, stage: Stage) -> bool:
        """Whether the stage has to run each time, because another one sees more of it than what it returns."""
        return self._sources.shares_state(stage.name)

    def goes_on(self, stage: Stage) -> bool:
        """Whether the stage reads what it left in the scenario before."""
        is_workflow = self._workflow is not None and stage.name == WORKFLOW
        return not is_workflow and self._sources.reads(stage.name, PREVIOUS)

    def request(
        self,
        stage: Stage,
        seed: int,
        spec: Mapping[str, Any],
        scenario: tuple[str | None, Mapping[str, Any]],
        inputs: Mapping[str, str],
        previous: str | None,
    ) -> dict[str, Any]:
        """What is asked of a stage: equal requests have equal results.

        ``scenario``: its name and its entries. ``inputs``, ``previous``: the content of what other stages left, and of what this one left
        in the scenario before, if it reads that.
        """
        chosen = spec["variants"]
        of_workflow = self._workflow if stage.name == WORKFLOW else None
        whole = self._sources.reads(stage.name, ALL_CHOICES)
        named = self._sources.environment(stage.name)
        environment = {name: of for name, of in spec.get("environment", {}).items() if name in named}
        explained = {"explain": True} if spec["explain"] and self._sources.reads(stage.name, SCAN) else {}
        return {
            "stage": "pipeline_stage",
            "name": stage.name,
            "code": digest([of_workflow or self._sources.of_stage(stage.name), self._common]),
            "choices": dict(chosen) if whole else {name: chosen[name] for name in stage.toggles},
            "scenario": {"name": scenario[0], "entries": dict(scenario[1])},
            "seed": seed,
            "inputs": dict(inputs),
            **({} if previous is None else {PREVIOUS: previous}),
            **({"files": spec["inputs"]} if "inputs" in spec else {}),
            **({"environment": environment} if environment else {}),
            **explained,
        }
