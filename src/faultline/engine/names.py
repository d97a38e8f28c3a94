"""What one element of a variable is called: ``a[county=AITKIN]`` where the model has coordinates for it, else ``a[3]``.

A record keeps the index of an element, and beside it its labels. Nothing takes a name apart again.
Importing this module imports neither PyTensor nor PyMC.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

LONGEST = 40
"""Characters of a label; a longer one is cut in its middle."""

_PLAIN = re.compile(r"[^\[\]=,'\"|\\]+")


def element(name: Any, index: Any = None, labels: Sequence[str] | None = None) -> str:
    """``a[county=AITKIN]``, or ``rho[2]`` where the element has no labels; a scalar has no index."""
    if index is None or index == [] or index == ():
        return str(name)
    inner = labels or (index if isinstance(index, (list, tuple)) else [index])
    return f"{name}[{', '.join(map(str, inner))}]"


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension of a variable, and its coordinate if it has one."""

    dim: str
    values: Sequence[Any] | None

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return () if self.values is None else tuple(map(_text, self.values))

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(self._texts)

    @cached_property
    def labeled(self) -> bool:
        """Whether the coordinate says more than the index does."""
        return self.values is not None and not all(
            isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value == i
            for i, value in enumerate(self.values)
        )

    def label(self, i: int) -> str:
        """``county=AITKIN``; with the index as well where another label reads the same."""
        text = self._texts[i] if self.labeled else str(i)
        again = f" (index {i})" if self._counts[text] > 1 else ""
        return f"{_quoted(_text(self.dim))}={_quoted(text)}{again}"


Axes = tuple[Axis, ...]


def axes(model: pm.Model, name: str, shape: Sequence[int]) -> Axes:
    """The dimensions of an array of this shape that holds the variable, the term or the data `name`; none where they do not fit.

    A term of a multivariate variable has the leading ones.
    """
    dims = model.named_vars_to_dims.get(name) or ()
    found = tuple(Axis(str(dim), model.coords.get(dim)) for dim in dims)[: len(shape)]
    return found if _fit(found, shape) else ()


def axes_of_draws(drawn: xr.DataArray, leading: int) -> Axes:
    """The dimensions of a variable among draws, after the `leading` ones."""
    coords = {dim: drawn.coords[dim].values for dim in drawn.dims[leading:] if dim in drawn.coords}
    return tuple(Axis(str(dim), coords.get(dim)) for dim in drawn.dims[leading:])


def place(found: Axes, index: Iterable[Any], before: str = "") -> dict[str, Any]:
    """``{index, labels?}`` of one element, or of all that a leading index has below it: the keys of a record's row."""
    at = [int(i) for i in index]
    row: dict[str, Any] = {f"{before}index": at}
    if at and len(at) <= len(found) and any(axis.labeled for axis in found[: len(at)]):
        row[f"{before}labels"] = [axis.label(i) for axis, i in zip(found, at, strict=False)]
    return row


def element_of(row: Mapping[str, Any], name: str = "name", before: str = "") -> str:
    """What the element in a record's row is called."""
    return element(row[name], row.get(f"{before}index"), row.get(f"{before}labels"))


def _fit(found: Axes, shape: Sequence[int]) -> bool:
    return len(found) == len(shape) and all(
        axis.values is None or len(axis.values) == n for axis, n in zip(found, shape, strict=True)
    )


def _text(value: Any) -> str:
    """A label on one line."""
    if isinstance(value, np.datetime64):
        text = np.datetime_as_string(value, unit="auto")
    elif isinstance(value, (float, np.floating)):
        text = f"{value:.10g}"
    else:
        text = str(value).removesuffix(" 00:00:00")  # a day, as pandas has it
    line = " ".join(text.split()).replace("`", "'")
    ends = LONGEST // 2
    return line if len(line) <= LONGEST else f"{line[:ends]}…{line[1 - ends :]}"


def _quoted(text: str) -> str:
    """A label in quotes where it could be taken for more than one, or has signs that nobody sees."""
    return text if _PLAIN.fullmatch(text) and text.isprintable() else repr(text)
