"""Run docs/tutorial.ipynb, and keep what it shows.

    python benchmarks/tutorial.py

Its pictures stay inside; paths of temporary folders and warnings of libraries do not.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"
SECONDS = 300
"""For one cell."""


def executed() -> nbformat.NotebookNode:
    """The notebook with what its cells show; one that raises an error ends it."""
    notebook = nbformat.read(TUTORIAL, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.output_type == "execute_result"]
            for output in cell.outputs:
                plain = output.data.get("text/plain", "")
                output.data["text/plain"] = re.sub(r"[^\s(]*/faultline-[^/\s]+/", "faultline-results/", plain)
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), TUTORIAL)
