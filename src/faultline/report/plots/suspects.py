"""``suspects.png``: what the suspects of a model taken apart look like among its draws; one panel each, three at most."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots import style
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels import PANELS

MOST = 3
_PANEL = 5.2  # inches


def draw(record: Record, draws: Draws) -> Figure:
    """The suspects that the checks name, the strongest first."""
    accused = [
        check
        for check in record.checks
        if check["passed"] is False and check.get("role") == "fault" and check["names"]
    ]
    wanted = [(PANELS[check["name"]], check) for check in _joined(accused) if check["name"] in PANELS]
    panels = [panel for make, check in wanted if (panel := make(record, draws, check))]
    shown = panels[:MOST]
    if not shown:
        raise style.NothingToDraw(_why_not(record, accused))
    seen = " ".join(panel.seen for panel in shown)
    title = "What the suspect looks like" if len(shown) == 1 else "What the suspects look like"
    fig = style.start(record, title, seen, width=max(7.5, _PANEL * len(shown)), height=3.6)
    for ax, panel in zip(fig.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        ax.set_title(panel.title, fontweight="bold")
        panel.paint(ax)
    return fig


def _joined(accused: list[Row]) -> Iterator[Row]:
    """All variables that set chains apart as one suspect: the places are the same."""
    modes = [check for check in accused if check["name"] == "modes"]
    names = list(dict.fromkeys(name for check in modes for name in check["names"]))
    for check in accused:
        if check["name"] != "modes":
            yield check
        elif check is modes[0]:
            yield {**check, "names": names}


def _why_not(record: Record, accused: list[Row]) -> str:
    if accused:
        names = " and ".join(name for check in accused for name in check["names"])
        return f"What was measured of {names} has no picture; the report describes it."
    well = next((c["passed"] for c in record.checks if c["name"] == "samples_well"), None)
    if well:
        return "The model samples well and its priors agree with its data: there is no suspect to show."
    return "No test that was made names a suspect."
