"""The house: which room may import which, and no circle of modules."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "faultline"
FLOORS = (
    ("",),  # faultline itself: its version
    ("core",),
    ("store", "criteria"),
    ("engine",),
    ("targets",),
    ("probes",),
    ("experiments", "findings"),
    ("plan", "run", "diagnosis"),
    ("report", "cases"),
    ("jobs",),
    ("cli",),
)
"""From the ground up: a room imports its own modules and those of floors below."""

FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}


def imports():
    """Module -> the modules of the package that it imports, late imports and those for types included."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found = {}
    for name, path in names.items():
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted |= {full if full in names else node.module for full in whole}
        found[name] = wanted & set(names) - {name}
    return found


def room(module):
    """The room of a module: the part of its name that follows the package's."""
    return [*module.split("."), ""][1]


def test_no_import_runs_upward_or_to_a_neighbor():
    wrong = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if room(other) != room(module) and FLOOR[room(other)] >= FLOOR[room(module)]
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle():
    assert len(list(TopologicalSorter(imports()).static_order())) == len(imports())


def test_the_root_stays_small():
    assert {room(module) for module in imports()} == set(FLOOR)
    assert len(FLOOR) <= 16
