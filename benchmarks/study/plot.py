"""Pictures of the study: curves with intervals over seeds, and every seed's training variance."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from backend.compare.seeds import interval
from backend.compare.statistics import finite
from benchmarks.study.plan import ARMS
from benchmarks.study.summary import Arm, Study

mpl.use("agg")

CURVES, DOTS = "study-curves.png", "study-variance.png"
STYLES = dict(zip(ARMS, (("#0072B2", "-"), ("#E69F00", "--"), ("#009E73", "-.")), strict=True))
"""Colours that colour-blind people tell apart (Okabe and Ito), and dashes for print."""
PANELS = {"eval/pass@1": "Pass@1, greedy, held out", "entropy": "Token entropy (nats)"}


def draw_curves(study: Study, file: Path) -> None:
    """Mean over seeds with 95 % intervals, one column a learning rate."""
    figure, axes = plt.subplots(
        len(PANELS), len(study), figsize=(10, 6.5), sharex=True, sharey="row", squeeze=False
    )
    for column, (rate, arms) in enumerate(study.items()):
        axes[0, column].set_title(f"learning rate {rate:g}")
        for row, (key, label) in enumerate(PANELS.items()):
            axis = axes[row, column]
            for name, arm in arms.items():
                colour, dashes = STYLES[name]
                steps, mean, low, high = _over_seeds(arm, key)
                axis.plot(steps, mean, dashes, color=colour, label=name)
                axis.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
            axis.grid(alpha=0.3)
            if column == 0:
                axis.set_ylabel(label)
        axes[-1, column].set_xlabel("step")
    axes[0, 0].legend()
    _save(figure, file)


def draw_dots(study: Study, file: Path) -> None:
    """Training variance of each run, runs of one seed joined, beside their sampling floor."""
    figure, axes = plt.subplots(1, len(study), figsize=(10, 4), sharey=True, squeeze=False)
    for axis, (rate, arms) in zip(axes[0], study.items(), strict=True):
        axis.set_title(f"learning rate {rate:g}")
        found = {name: arm.by_seed("variance") for name, arm in arms.items()}
        for seed in sorted(set().union(*found.values())):
            places = [place for place, name in enumerate(ARMS) if seed in found[name]]
            values = [found[name][seed] for name in ARMS if seed in found[name]]
            axis.plot(places, values, color="0.8", linewidth=1, zorder=1)
        for place, (name, arm) in enumerate(arms.items()):
            values = list(found[name].values())
            axis.scatter([place] * len(values), values, color=STYLES[name][0], zorder=2)
            floors = list(arm.by_seed("floor").values())
            if floors:
                axis.hlines(
                    float(np.mean(floors)), place - 0.3, place + 0.3, color="0.2", linestyle=":"
                )
        axis.set_xticks(range(len(ARMS)), ARMS)
        axis.set_yscale("log")
        axis.grid(alpha=0.3, axis="y")
    axes[0, 0].set_ylabel("training variance\n(dotted: sampling floor)")
    _save(figure, file)


def _over_seeds(arm: Arm, key: str) -> tuple[list[int], list[float], list[float], list[float]]:
    """Steps that every seed has, and mean, lower and upper bound at each."""
    runs = []
    for outcome in arm.outcomes:
        steps, values = finite(outcome.series[key])
        runs.append(dict(zip(steps.tolist(), values.tolist(), strict=True)))
    steps = sorted(set(runs[0]).intersection(*runs[1:]))
    found = [interval([run[step] for run in runs]) for step in steps]
    means = [each.mean for each in found if each]
    low = [each.mean if each.low is None else each.low for each in found if each]
    high = [each.mean if each.high is None else each.high for each in found if each]
    return steps, means, low, high


def _save(figure: plt.Figure, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)
