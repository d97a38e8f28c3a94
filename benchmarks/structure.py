"""Draw which rooms of the package import which: boxes by floor, one arrow for each pair, red where it runs upward.

    python benchmarks/structure.py docs/structure.png                          # as it stands
    python benchmarks/structure.py docs/structure.png --before PATH/TO/CHECKOUT  # another checkout on the left

A room is a package or a module at the package's root. Its floor is the longest way down from it; rooms of a circle share a floor.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parents[1]


def imports(package: Path) -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports, late imports and those for types included."""
    names = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found = {}
    for name, path in names.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted |= {full if full in names else node.module for full in whole}
        found[name] = wanted & set(names) - {name}
    return found


def rooms(modules: Mapping[str, set[str]]) -> dict[str, dict[str, int]]:
    """Room -> the rooms that it imports, with the number of imports."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for module, others in modules.items():
        here = room(module)
        found[here]  # a room without an arrow is drawn too
        for other in others:
            if room(other) != here:
                found[here][room(other)] += 1
    return {name: dict(others) for name, others in found.items() if name}


def room(module: str) -> str:
    """The part of a module's name that follows the package's."""
    return [*module.split("."), ""][1]


def floors(arrows: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Room -> its floor, from 0; arrows that close a circle are left out, those with the fewest imports first."""
    kept = {(a, b): n for a, others in arrows.items() for b, n in others.items() if b}
    while circle := _circle(kept):
        del kept[min(circle, key=kept.get)]
    height: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in height:
            height[name] = 1 + max((of(b) for a, b in kept if a == name), default=-1)
        return height[name]

    return {name: of(name) for name in arrows}


def _circle(arrows: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    after = defaultdict(list)
    for a, b in arrows:
        after[a].append(b)
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[tuple[str, str]]:
        if name in way:
            ring = [*way[way.index(name) :], name]
            return list(pairwise(ring))
        if name in done:
            return []
        for other in after[name]:
            if ring := walk(other, [*way, name]):
                return ring
        done.add(name)
        return []

    return next((ring for name in list(after) if (ring := walk(name, []))), [])


def draw(axes, package: Path, title: str) -> None:
    """One house."""
    arrows = rooms(imports(package))
    floor = floors(arrows)
    rows = defaultdict(list)
    for name in sorted(arrows, key=lambda name: (floor[name], name)):
        rows[floor[name]].append(name)
    place = {
        name: ((i + 0.5) / len(row) + 0.02 * (height % 3 - 1), height)
        for height, row in rows.items()
        for i, name in enumerate(row)
    }
    upward = 0
    for name, others in arrows.items():
        for other in filter(None, others):
            up = floor[other] >= floor[name]
            upward += up
            style = {"color": "#c0392b", "lw": 1.4} if up else {"color": "0.65", "lw": 0.6}
            axes.annotate(
                "",
                place[other],
                place[name],
                arrowprops={
                    "arrowstyle": "-|>",
                    "shrinkA": 8,
                    "shrinkB": 8,
                    "connectionstyle": "arc3,rad=0.08",
                    **style,
                },
            )
    for name, (x, y) in place.items():
        axes.text(
            x,
            y,
            name,
            ha="center",
            va="center",
            size=8,
            bbox={"boxstyle": "round,pad=0.3", "fc": "white", "ec": "0.3"},
        )
    count = sum(1 for others in arrows.values() for other in others if other)
    axes.set_title(f"{title}: {len(arrows)} rooms, {count} arrows, {upward} upward or sideways", size=10)
    axes.set(xlim=(-0.05, 1.05), ylim=(-0.6, max(rows) + 0.6))
    axes.axis("off")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    arguments = parser.parse_args()
    houses = [(ROOT, "now")]
    if arguments.before:
        houses.insert(0, (arguments.before, "before"))
    figure, axes = plt.subplots(1, len(houses), figsize=(8 * len(houses), 8), squeeze=False)
    for ax, (checkout, title) in zip(axes[0], houses, strict=True):
        draw(ax, checkout / "src" / "faultline", title)
    figure.tight_layout()
    figure.savefig(arguments.picture, dpi=90)
    return 0


if __name__ == "__main__":
    sys.exit(main())
