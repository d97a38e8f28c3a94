"""The lines of a user's file that keep weighted sums of a vector positive."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.remedies.calls import dims_of, is_zero, parameters
from faultline.remedies.rewrite import NotApplicable, Step
from faultline.remedies.source import Edit, Source, indent_of, module_of, target_of, wrapped


def signs(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    """A call of ``Normal`` as positive and other standard variables, reflected so that they are weights of the variable's elements."""
    call, dist = source.call(name)
    given = parameters(call, dist, name)
    if dist != "Normal":
        raise NotApplicable(f"{name} is created by {dist}, which is not rewritten in a file")
    if not is_zero(given.get("mu")) or "tau" in given:
        raise NotApplicable(f"the call that creates {name} does not give 0 and its scale by name or in order")
    target = target_of(source, call)
    if target is None or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    module, statement = module_of(source, call), source.parents[call]
    scale = f"{wrapped(source, given['sigma'])} * " if "sigma" in given else ""
    positive, others, turned = f"{name}_positive", f"{name}_others", f"{name}_turned"
    mine = [i for i, (other, _) in enumerate(step["anchors"]) if other == name]
    if not shape:
        lines, value = [], f'{module}.HalfNormal("{positive}", 1)'
    else:
        kept = sorted(step["anchors"][i][1] for i in mine)
        lines, value = [f'{positive} = {module}.HalfNormal("{positive}", 1, shape={len(kept)})'], positive
        if len(kept) < shape[0]:
            lines.append(f'{others} = {module}.Normal("{others}", 0, 1, shape={shape[0] - len(kept)})')
            value = f"{module}.math.concatenate([{', '.join(_pieces(positive, others, kept, shape[0]))}])"
    if turns := [step["turns"][i] for i in mine if step["turns"][i]]:
        names = [f"{name}_axis{number if len(turns) > 1 else ''}" for number, _ in enumerate(turns, start=1)]
        lines += [
            f"{turned} = {value}",
            *(f"{axis} = {turn}" for axis, turn in zip(names, turns, strict=True)),
        ]
        value = " - ".join([turned, *(f"{axis} * {module}.math.dot({axis}, {turned})" for axis in names)])
        value = f"({value})" if scale else value
    lines.append(f'{target[0]} = {module}.Deterministic("{name}", {scale}{value}{dims_of(source, given)})')
    text = f"\n{indent_of(source, statement)}".join(lines)
    return source.edited([Edit(source.start(statement), source.stop(statement), text)])


def _pieces(positive: str, others: str, kept: Sequence[int], length: int) -> list[str]:
    """The vector in its order: the positive elements, and the others between them."""
    found, begin = [], 0
    for i, at in enumerate([*kept, length]):
        stop = at - i
        if stop > begin:
            whole = not begin and at == length
            found.append(others if whole else f"{others}[{begin or ''}:{stop if at < length else ''}]")
        if at < length:
            found.append(positive if len(kept) == 1 else f"{positive}[{i}:{i + 1}]")
        begin = stop
    return found
