"""How time and memory of one evaluation grow with the frames T and the joints K of the gimbal model.

For each size a process of its own builds the model (mixture and hidden states), evaluates log-probability and gradient in a
loop inside XLA and by calls from Python on JAX, in turns with the gradient by hand, on one thread. Time is the least of the
rounds, per frame, and per frame and joint where K varies; the last line of each table says how far apart these are.
Prints Markdown tables.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --states 3 --repaired
    python benchmarks/scaling.py --frames 80 1800 --joints

Memory: what one evaluation needs by XLA's own account (data, vector, gradient and all intermediate results), and the most
that the process held at any time beyond what it held before the model was built, compiling included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import timing

FRAMES = (80, 200, 500, 1000, 1800, 5400, 18000)
JOINTS = (4, 8, 12, 20)
ROWS = ("in XLA", "called from Python", "by hand")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--frames", type=int, nargs="*", default=FRAMES, help=f"T, at K 4 (default: {FRAMES})"
    )
    parser.add_argument(
        "--joints", type=int, nargs="*", default=JOINTS, help=f"K, at T 500 (default: {JOINTS})"
    )
    parser.add_argument("--states", type=int, default=1, help="hidden states (default: 1)")
    parser.add_argument(
        "--repaired", action="store_true", help="the repaired model; by hand is always as it stands"
    )
    parser.add_argument("--rounds", type=int, default=9, help="rounds, in which all take turns (default: 9)")
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(*arguments.child, arguments)
        return 0
    settings = [f"--states={arguments.states}", f"--rounds={arguments.rounds}"]
    settings += ["--repaired"] * arguments.repaired
    how = f"{'repaired' if arguments.repaired else 'as it stands'}, {arguments.states} hidden state(s)"
    if arguments.frames:
        print(f"\nK 4, {how}; microseconds per frame:\n", flush=True)
        table("T", [(T, 4, T) for T in arguments.frames], settings)
    if arguments.joints:
        print(f"\nT 500, {how}; microseconds per frame and joint:\n", flush=True)
        table("K", [(500, K, 500 * K) for K in arguments.joints], settings)
    return 0


def table(symbol: str, sizes: list[tuple[int, int, int]], settings: list[str]) -> None:
    """``sizes``: frames, joints, and what the time is divided by."""
    print(
        f"| {symbol} | values | {' | '.join(ROWS)} | in XLA, times by hand | evaluation, MB | process, MB |"
    )
    print("|---" * (len(ROWS) + 5) + "|")
    units = {name: [] for name in ROWS}
    for T, K, unit in sizes:
        command = [sys.executable, str(Path(__file__)), *settings, "--child", str(T), str(K)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"T {T}, K {K} failed:\n{done.stderr}")
        found = json.loads(done.stdout.splitlines()[-1])
        for name in ROWS:
            units[name].append(min(found["seconds"][name]) / unit * 1e6)
        times = timing.ratio(found["seconds"]["in XLA"], found["seconds"]["by hand"])
        figures = " | ".join(f"{units[name][-1]:.3f}" for name in ROWS)
        size = T if symbol == "T" else K
        print(
            f"| {size} | {found['size']} | {figures} | {times:.2f} | {found['evaluation']:.2f} | {found['process']:.0f} |",
            flush=True,
        )
    apart = " | ".join(f"{max(u) / min(u):.2f}" for u in units.values())
    print(f"| largest / smallest | | {apart} | | | |")


def child(T: int, K: int, arguments: argparse.Namespace) -> None:
    """Print the seconds per evaluation of each row, in every round, and the memory in MB."""
    timing.one_thread()
    from data import gimbal
    from peers.by_hand import ByHand
    from peers.problem import Problem

    from faultline.cases.gimbal import model as case
    from faultline.engine import xla
    from faultline.engine.density import logp_and_gradient
    from faultline.engine.layout import Layout

    dataset = gimbal(T, K, arguments.states)
    before = megabytes()
    model = case.build(dataset, **(case.PRESETS["repaired"] if arguments.repaired else {}))
    ours = logp_and_gradient(model)
    at = ours.layout.vector()
    rows = {
        "in XLA": timing.in_loop(ours.traced.function, at, ours.traced.data, xla.compiled),
        "called from Python": timing.dispatched(ours, at),
    }
    for timed in rows.values():
        timed(2)
    held = megabytes() - before
    needs = xla.compiled(ours.traced.function, at, *ours.traced.data).memory_analysis()
    evaluation = needs.argument_size_in_bytes + needs.output_size_in_bytes + needs.temp_size_in_bytes
    as_it_stands = Layout.of(case.build(dataset)).vector()
    rows["by hand"] = timing.dispatched(ByHand(Problem.of(dataset)), as_it_stands)
    seconds = timing.side_by_side(rows, rounds=arguments.rounds)
    print(
        json.dumps(
            {"seconds": seconds, "evaluation": evaluation / 2**20, "process": held, "size": ours.layout.size}
        )
    )


def megabytes() -> float:
    """The largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    sys.exit(main())
