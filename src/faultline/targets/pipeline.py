"""A pipeline: a file whose top-level functions are stages. Its source is read and never run.

A function that takes ``run`` is a stage. A parameter without a default is the output of the stage of that name. A parameter
with a ``Literal`` of strings is a toggle, and several stages may read the same one. What the stages have as defaults is the
failing configuration.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from faultline.core.errors import InputError, one_line
from faultline.targets.declared import Variant, choices_of, names_of, variant_of

PIPELINE = "pipeline"
"""The ``TARGET`` of a case that is one."""
PICTURE = "picture"
"""The function that draws what a stage left."""
WORKFLOW = "workflow"
"""The stage that is a workflow of Snakemake's."""
RUN = "run"
"""The parameter that makes a function a stage."""
PREVIOUS = "previous"
"""What a scenario names the one before by, and the attribute of ``run`` that is what the stage left in that."""


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    name
        Of its function.
    inputs
        The stages whose outputs it takes.
    toggles
        The toggles that it reads.
    line
        Where its ``def`` stands.
    """

    name: str
    inputs: tuple[str, ...]
    toggles: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Pipeline:
    """The stages of a case, each after those whose outputs it takes, and all toggles that they read."""

    stages: tuple[Stage, ...]
    toggles: Mapping[str, Variant]

    def reached(self, toggle: str) -> tuple[str, ...]:
        """The stages whose output another choice of this toggle may change."""
        found: list[str] = []
        for stage in self.stages:
            if toggle in stage.toggles or set(found) & set(stage.inputs):
                found.append(stage.name)
        return tuple(found)


def has_stages(tree: ast.Module) -> bool:
    """Whether a file has a function that is a stage."""
    return any(is_stage(node) for node in tree.body)


def has_picture(ref: str, tree: ast.Module) -> bool:
    """Whether a file has a function that draws what a stage left. One of that name that is about no stage is the case's own affair.

    Raises
    ------
    InputError
        It takes something else than it is given.
    """
    named = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == PICTURE and not is_stage(node)
    ]
    taken = [argument.arg for argument in _arguments(named[-1])] if named else []
    if taken[:1] != ["stage"]:
        return False
    if len(taken) != 3:
        raise InputError(
            f"case {ref}: {PICTURE} takes {', '.join(taken)}; write def {PICTURE}(stage, output, axes)."
        )
    return True


def read_pipeline(ref: str, tree: ast.Module, workflow: Mapping[str, Variant] | None = None) -> Pipeline:
    """The stages that a file defines, in an order in which they can run.

    ``workflow``: the toggles of a workflow of Snakemake's that is a stage beside them.

    Raises
    ------
    InputError
        There are none, one takes what no stage makes, they go in a circle, or two of them disagree about a toggle.
    """
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef) and RUN in {each.arg for each in _arguments(node)}:
            raise InputError(
                f"case {ref}: stage {node.name} is async, and stages run one after another; write it as def {node.name}(...)."
            )
    functions = {node.name: node for node in tree.body if is_stage(node)}
    if not functions and workflow is None:
        raise InputError(
            f"case {ref}: no function takes {RUN}, so there is no stage; write each stage as def train(data, run)."
        )
    toggles = dict(workflow or {})
    first = dict.fromkeys(toggles, WORKFLOW)
    stages = {} if workflow is None else {WORKFLOW: Stage(WORKFLOW, (), tuple(workflow), 1)}
    if taken := set(stages) & set(functions):
        raise InputError(
            f"case {ref}: {taken.pop()} is the stage that PIPELINE stands for; give the function another name."
        )
    for name, function in functions.items():
        stage, own = _stage(ref, function, names_of(tree))
        if missing := [other for other in stage.inputs if other not in {*functions, *stages}]:
            raise InputError(
                f"case {ref}: stage {name} takes {one_line(missing[0], 80)}, which is no stage; define def {one_line(missing[0], 80)}(..., {RUN}), or give "
                "the argument a Literal of choices and a default."
            )
        for toggle, variant in own.items():
            if toggles.setdefault(toggle, variant) != variant:
                raise InputError(
                    f"case {ref}: stages {first[toggle]} and {name} give {toggle} other choices or another default; write both the "
                    "same."
                )
            first.setdefault(toggle, name)
        stages[name] = stage
    return Pipeline(tuple(_in_order(ref, stages)), toggles)


def _in_order(ref: str, stages: Mapping[str, Stage]) -> list[Stage]:
    """Each stage after those whose outputs it takes; of those that could come next the one that was written first."""
    places = {name: place for place, name in enumerate(stages)}
    sorter = TopologicalSorter({name: stage.inputs for name, stage in stages.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InputError(f"case {ref}: the stages go in a circle ({circle}); remove one of them.") from None
    ready, done = list(sorter.get_ready()), []
    while ready:
        ready.sort(key=places.__getitem__)
        done.append(stages[ready.pop(0)])
        sorter.done(done[-1].name)
        ready += sorter.get_ready()
    return done


def is_stage(node: ast.stmt) -> bool:
    """Whether a statement defines a stage."""
    return isinstance(node, ast.FunctionDef) and RUN in {argument.arg for argument in _arguments(node)}


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    taken = function.args
    return [*taken.posonlyargs, *taken.args, *taken.kwonlyargs]


def _stage(
    ref: str, function: ast.FunctionDef, names: Mapping[str, ast.expr | str]
) -> tuple[Stage, dict[str, Variant]]:
    """A stage, and its toggles."""
    args = function.args
    if args.posonlyargs or args.vararg or args.kwarg:
        raise InputError(
            f"case {ref}: stage {function.name} must name each of its arguments, so that they can be given by name; remove /, "
            "*args and **kwargs."
        )
    defaults = [None] * (len(args.args) - len(args.defaults)) + list(args.defaults)
    pairs = [*zip(args.args, defaults, strict=True), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    inputs, toggles = [], {}
    for argument, default in pairs:
        name = argument.arg
        if name == RUN:
            continue
        choices = choices_of(argument.annotation, names)
        if default is None and not choices:
            inputs.append(name)
        elif default is None or not choices:
            lacks = "default" if choices else "Literal of choices"
            raise InputError(
                f'case {ref}: the argument {name} of stage {function.name} has no {lacks}; write {name}: Literal["a", "b"] = "a".'
            )
        else:
            toggles[name] = variant_of(ref, name, choices, default)
    return Stage(function.name, tuple(inputs), tuple(toggles), function.lineno), toggles
