"""One look for every picture: colours that colour-blind readers can tell apart, a headline, and words when there is nothing to draw."""

from __future__ import annotations

import textwrap
from pathlib import Path

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from faultline.core.sections.record import Record

# Okabe and Ito's palette. Vermilion is kept for what is wrong, so it is no chain's colour.
CHAINS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#8C6D31", "#5F5F5F", "#B8A200")
WRONG = "#D55E00"
PLAIN = "#0072B2"
MUTED = "#9A9A9A"
LIMIT = "#333333"
INK = "#1F1F1F"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

DPI = 110
_HEADLINE, _LINE = 0.36, 0.2  # inches of the headline and of each line below it
_WORDS_PER_INCH = 14.5
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#777777",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.0,
    "text.color": INK,
    "text.parse_math": False,  # a variable may be called cost_$ and stay readable
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


class NothingToDraw(Exception):
    """The record or the draws hold nothing for this picture; the message says why, in words for the reader."""


def start(record: Record, title: str, seen: str, *, width: float = 10.0, height: float = 5.0) -> Figure:
    """An empty figure with its headline: group and ``title`` in bold, below it ``seen``, what the picture shows.

    ``width`` and ``height`` are inches of the body; the headline's room comes on top.
    """
    return headed(f"Group {record.number}: {title}", seen, width=width, height=height)


def headed(headline: str, seen: str, *, width: float = 10.0, height: float = 5.0) -> Figure:
    """The same for a picture that is of no one group."""
    lines = textwrap.wrap(seen, int(width * _WORDS_PER_INCH))
    head = _HEADLINE + _LINE * len(lines) + 0.08
    total = height + head
    fig = Figure(figsize=(width, total), dpi=DPI, layout="constrained")
    fig.get_layout_engine().set(rect=(0, 0, 1, height / total), w_pad=0.06, h_pad=0.06)
    fig.text(
        0.08 / width,
        1 - 0.1 / total,
        headline,
        fontsize=12,
        fontweight="bold",
        va="top",
    )
    for i, line in enumerate(lines):
        fig.text(
            0.08 / width, 1 - (_HEADLINE + _LINE * i) / total, line, fontsize=9, va="top", color="#444444"
        )
    return fig


def words(record: Record, title: str, reason: str) -> Figure:
    """A picture that says why there is nothing to see."""
    fig = start(record, title, "Nothing to draw.", height=1.6)
    text = "\n".join(textwrap.wrap(reason, 100))
    fig.text(0.5, 0.38, text, ha="center", va="center", fontsize=11, color="#444444")
    return fig


def save(fig: Figure, path: Path) -> None:
    """Write the PNG with a palette, a third of the size. No version or date goes in: the same figure, the same file."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    _with_palette(picture).save(path)


def _with_palette(picture: Image.Image) -> Image.Image:
    """``picture`` in 256 colours; swatches in the sample see to it that a few vermilion dots keep theirs."""
    width, height = picture.size
    colours = [*CHAINS, WRONG, LIMIT]
    sample = Image.new("RGB", (width, height + height // 5), "white")
    sample.paste(picture)
    step = width // len(colours)
    for i, colour in enumerate(colours):
        sample.paste(colour, (i * step, height, (i + 1) * step, sample.height))
    few = sample.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return few.crop((0, 0, width, height))


def look():
    """The context in which figures are made."""
    return rc_context(STYLE)


def chain_colour(position: int) -> str:
    return CHAINS[position % len(CHAINS)]


def limit_line(ax, value: float, label: str, *, vertical: bool = True, **text) -> None:
    """A threshold as a dashed line with its figure written beside it."""
    draw = ax.axvline if vertical else ax.axhline
    draw(value, color=LIMIT, linestyle="--", linewidth=1)
    place = {"ha": "left", "va": "bottom"} | text
    if vertical:
        ax.text(value, 1.0, f" {label}", transform=ax.get_xaxis_transform(), fontsize=8, color=LIMIT, **place)
    else:
        ax.text(0.01, value, label, transform=ax.get_yaxis_transform(), fontsize=8, color=LIMIT, **place)


def log_axis(axis, *, linear_below: float | None = None) -> None:
    """A logarithmic axis with ticks that are plain numbers; through zero when ``linear_below`` is given."""
    set_scale = axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale
    if linear_below is None:
        set_scale("log")
        axis.set_major_locator(LogLocator(numticks=5))
    else:
        set_scale("symlog", linthresh=linear_below)
        axis.get_major_locator().set_params(numticks=5)
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:g}")
    )
    axis.set_minor_formatter(NullFormatter())


def shorten(name: str, width: int = 28) -> str:
    """A long name cut in the middle, so that its index stays."""
    if len(name) <= width:
        return name
    half = (width - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
