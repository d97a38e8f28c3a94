"""A case: a Python module with ``build(...) -> pm.Model``. Its signature is its interface.

``read_signature`` parses the source and runs none of it, so that the workflow can plan a ladder without importing PyMC.
``loading.load_case`` imports the module, for the process that measures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, shown
from faultline.targets import case_checks, pickled, pipeline_literals
from faultline.targets.bundled import CASES
from faultline.targets.declared import Arguments, Variant, arguments, labels, loader
from faultline.targets.entry import BUILD, MODEL, find_entry, has_build, has_model, samples_its_model
from faultline.targets.literals import literals, names_snakefile, target
from faultline.targets.pipeline import PIPELINE, PREVIOUS, Stage, has_picture, has_stages, read_pipeline
from faultline.targets.scenarios import predecessors
from faultline.targets.snakefile import Workflow, read_workflow
from faultline.targets.source import DRAWS, Source, find_source


@dataclass(frozen=True)
class Signature:
    """What the source of a case says about itself, read without running it."""

    ref: str
    path: Path
    data: str | None  # the argument that takes the dataset
    components: dict[str, bool]
    variants: dict[str, Variant]
    literals: dict[str, Any] = field(default_factory=dict)
    loads: bool = False  # whether it has a load_dataset of its own
    cuts: bool = False  # whether that knows what max_T means
    needs_dataset: bool = True  # where it takes one: False if build has a default for it
    name: str = BUILD  # of the function, or of the model itself, in its file
    is_model: bool = False
    samples: bool = False  # whether the function samples the one model that it makes
    files: tuple[Path, ...] = ()  # of an own case: its file, and what that imports from beside it
    folders: tuple[Path, ...] = ()  # what belongs to the case: lines of code there are the user's own
    stages: tuple[Stage, ...] = ()  # of a pipeline; its toggles are the variants
    workflow: Workflow | None = None  # of a pipeline: the Snakefile that is its stage
    draws: bool = False  # of a pipeline: whether it has a picture(stage, output, axes)
    build: str | None = None  # of a pipeline in a file with a build beside its stages: the case that this is
    inputs: Mapping[str, Path] = field(
        default_factory=dict
    )  # of a pipeline: the files of its INPUTS, by their path from the case

    @property
    def takes_dataset(self) -> bool:
        return self.data is not None

    @property
    def latents(self) -> dict[str, tuple[str, ...]]:
        """Groups of latent variables that can be frozen: name -> names in the model."""
        return {k: tuple(v) for k, v in self.literals.get("LATENTS", {}).items()}

    @property
    def labels(self) -> dict[str, str]:
        """Component -> the short name used in group names (``use_x`` is ``x`` where the case does not say)."""
        return labels(self.ref, self.components, self.literals.get("LABELS", {}))

    @property
    def target(self) -> str:
        """What kind of thing ``build`` returns, or the stages make: a design of ``plan.designs``."""
        return PIPELINE if self.stages else self.literals.get("TARGET", "model")

    @property
    def repaired(self) -> dict[str, str] | None:
        """The choices of the configuration that works, where the case says which preset that is."""
        name = self.literals.get("REPAIRED")
        return None if name is None else self.choose_variants(name)

    @property
    def scenarios(self) -> dict[str, dict[str, Any]]:
        """The scenarios of a pipeline, its default first."""
        return dict(self.literals.get("SCENARIOS", {}))

    @property
    def predecessors(self) -> dict[str, str]:
        """Scenario -> the one before, of those that name one."""
        return predecessors(self.stages, self.literals)

    def entries(self, scenario: str | None) -> dict[str, Any]:
        """What a scenario sets, without the name of the one before; nothing where there is none."""
        found = dict(self.scenarios.get(scenario, {}))
        if scenario in self.predecessors or found.get(PREVIOUS, "") is None:
            del found[PREVIOUS]
        return found

    @property
    def reference(self) -> dict[str, Any]:
        """Published figures per group, shown beside the measured ones."""
        return dict(self.literals.get("REFERENCE", {}))

    @property
    def sources(self) -> list[Path]:
        """The files the case consists of; of a bundled one every module beside it."""
        if self.ref in CASES:
            return sorted(self.path.parent.glob("*.py"))
        return list(self.files)

    def fingerprint(self) -> str:
        """SHA-256 over the content of the case's source files."""
        digest = hashlib.sha256()
        for path in self.sources:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def choose_components(self, chosen: Mapping[str, bool] | None) -> dict[str, bool]:
        """The defaults with ``chosen`` on top; an unknown name is the user's mistake."""
        chosen = dict(chosen or {})
        for name, value in chosen.items():
            if name not in self.components:
                raise InputError(
                    f"case {self.ref} has no component {shown(name)}; it has {_listed(self.components)}."
                )
            if not isinstance(value, bool):
                raise InputError(
                    f"component {name} of case {self.ref} must be true or false, not {shown(value)}."
                )
        return {**self.components, **chosen}

    def choose_variants(self, chosen: str | Mapping[str, str] | None) -> dict[str, str]:
        """The defaults with ``chosen`` on top: a mapping, or the name of one of the case's presets."""
        if isinstance(chosen, str):
            presets = self.literals.get("PRESETS", {})
            if chosen not in presets:
                raise InputError(
                    f"case {self.ref} has no preset of variants {shown(chosen)}; it has {_listed(presets)}: "
                    "choose one, or give a mapping such as {name: choice}."
                )
            chosen = presets[chosen]
        chosen = dict(chosen or {})
        for name, choice in chosen.items():
            if name not in self.variants:
                raise InputError(
                    f"case {self.ref} has no variant {shown(name)}; it has {_listed(self.variants)}."
                )
            if choice not in self.variants[name].choices:
                raise InputError(
                    f"variant {name} of case {self.ref} must be one of {_listed(self.variants[name].choices)}, "
                    f"not {shown(choice)}."
                )
        return {**{name: v.default for name, v in self.variants.items()}, **chosen}


def read_signature(ref: str) -> Signature:
    """Read components, variants and literal settings of a case from its source, running none of it.

    Parameters
    ----------
    ref
        Name of a bundled case, path of a ``.py`` file, perhaps with the name of the model in it (``model.py:make_model``),
        a file with a pickled model (``.pkl``) or with draws (``.nc``), or a dotted module.
    """
    if ref.endswith((pickled.ENDING, DRAWS)):
        return _of_file(ref)
    source = find_source(ref)
    if is_pipeline(source):
        return _of_pipeline(ref, source)
    entry = find_entry(source)
    where = entry.where
    loads, cuts = loader(source.tree)
    signature = Signature(
        ref=ref,
        path=source.path,
        **vars(arguments(ref, entry.function, where.tree) if entry.function else Arguments()),
        # A script has constants and functions of its own by the names of hooks: those of a case stand beside build.
        literals=literals(ref, source) if entry.name == BUILD else {},
        loads=loads,
        cuts=cuts,
        files=() if ref in CASES else tuple(sorted({*source.files(), *where.files()})),
        folders=(source.path.parent,) if ref in CASES else (source.folder, where.folder),
        name=entry.name,
        is_model=entry.function is None,
        samples=samples_its_model(entry.function),
    )
    labels(ref, signature.components, signature.literals.get("LABELS", {}))
    case_checks.verify(ref, signature.literals.get("CHECKS", {}))
    return signature


def is_pipeline(source: Source) -> bool:
    """Whether a file is a pipeline: it says so, or it has stages and nothing that could be a model."""
    if source.name:
        return False
    said, tree = target(source.tree), source.tree
    looks = has_stages(tree) or names_snakefile(tree)
    return said == PIPELINE or (said is None and looks and not has_model(source))


def _of_pipeline(ref: str, source: Source) -> Signature:
    declared, folder = literals(ref, source, pipeline=True), source.path.parent
    workflow = read_workflow(ref, folder, declared)
    pipeline = read_pipeline(ref, source.tree, workflow and workflow.toggles)
    pipeline_literals.verify(ref, pipeline, declared)
    names = {stage.name for stage in pipeline.stages}
    return Signature(
        ref,
        source.path,
        None,
        {},
        dict(pipeline.toggles),
        declared,
        files=() if ref in CASES else tuple(sorted({*source.files(), *(workflow.files if workflow else ())})),
        folders=(folder,) if ref in CASES else (source.folder,),
        name=PIPELINE,
        stages=pipeline.stages,
        workflow=workflow,
        draws=has_picture(ref, source.tree),
        build=f"{ref}:{BUILD}" if has_build(source) and BUILD not in names and ref.endswith(".py") else None,
        inputs=pipeline_literals.inputs(ref, folder, declared.get("INPUTS", ())),
    )


def _of_file(ref: str) -> Signature:
    """A pickled model, or draws."""
    path = Path(ref).absolute()
    if not path.is_file():
        raise InputError(f"case {ref}: there is no such file; correct the path.")
    about: dict[str, Any] = {"literals": {"TARGET": "draws"}} if ref.endswith(DRAWS) else {"is_model": True}
    return Signature(ref, path, None, {}, {}, files=(path,), folders=(path.parent,), name=MODEL, **about)


def known_files(request: Mapping[str, Any], signature: Signature) -> list[Path]:
    """The files whose content is in a measurement's request: the case's own, its inputs, its dataset and the user's draws."""
    dataset, idata = request["dataset"], request.get("idata")
    data = [Path(dataset.get("file") or dataset["path"])] if dataset else []
    return [*signature.sources, *signature.inputs.values(), *data, *([Path(idata["path"])] if idata else [])]


def _listed(names) -> str:
    return ", ".join(map(str, names)) or "none"
