"""docs/study.md: tables and sentences, written from the outcomes alone."""

from collections.abc import Iterator
from pathlib import Path

from backend.compare.seeds import permutation_test
from benchmarks.study.plan import ALPHA, ARMS, BASELINE, RATES
from benchmarks.study.plot import CURVES, DOTS, draw_curves, draw_dots
from benchmarks.study.runs import Outcome
from benchmarks.study.summary import COMPARED, MEASURES, Arm, comparisons, study
from benchmarks.study.words import about_rate, about_tests, bounds

HEAD = """\
# GRPO, AH-GRPO and SA-AH-GRPO at laptop scale

Written by `make study`: tables, sentences and pictures alike. To change this page, change the study.

The comparison of arXiv 2606.05434 where it can be repeated in minutes: `tiny` ({parameters:.2f}M
parameters) on 5-digit multiplication, instead of models of 1.5B and 3B on GSM8K. {runs} runs of {steps}
steps: three algorithms, {rates} learning rates, {seeds} seeds. All start from one checkpoint, runs of one
seed see the same prompts, and all are evaluated greedily on the same {problems} held-out problems every
{every} steps. The rest is the preset `demo-grpo`. What holds for a model this small need not hold for a
large one.

Alpha is {alpha:g}, not the paper's 0.5: in a vocabulary of 18 tokens the same entropy is a larger share of
ln V, and completions are short. At 0.5 more than four fifths of a negative rollout still count, hardly
less than in GRPO ([algorithm.md](algorithm.md)); how much counts at {alpha:g} is in the tables.

![Pass@1 and entropy over training](images/{curves})

![Training variance by seed](images/{dots})
"""

FOOT = """\
## How to read this
{tests}

- Numbers are means over seeds with 95 % intervals: Student's t below 10 seeds, bootstrap from 10 on.
  Variances are averaged, compared and bounded as logarithms.
- Comparisons pair runs of the same seed. p is of the two-sided permutation test of the pairs, which with
  {seeds} seeds is never below {smallest:.2g}, however clear the difference.
- Training variance is the variance over steps of a step's mean reward, after the first tenth of the
  steps; detrended, of what a straight line leaves. The sampling floor is what the draw of a step's prompts
  and rollouts explains by itself ([algorithm.md](algorithm.md)).
- The peak is the best of several noisy evaluations: it lies above the truth, for all algorithms alike.
- The effective horizon is that of completions with negative advantage; GRPO's is their whole length.
- Ahora {version} ({commits}), torch {torch}, one thread a run, on {device}.
"""


def write(outcomes: list[Outcome], folder: Path) -> Path:
    """Write study.md and its images under `folder`; gives the page."""
    found = study(outcomes)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    draw_curves(found, folder / "images" / CURVES)
    draw_dots(found, folder / "images" / DOTS)
    first, evaluation = outcomes[0].provenance, outcomes[0].trial.config().evaluation
    seeds = len({each.trial.seed for each in outcomes})
    head = HEAD.format(
        parameters=first["model"]["parameters"] / 1e6,
        runs=len(outcomes),
        steps=outcomes[0].trial.steps,
        rates=len(RATES),
        seeds=seeds,
        problems=evaluation.num_examples,
        every=evaluation.eval_steps,
        alpha=ALPHA,
        curves=CURVES,
        dots=DOTS,
    )
    foot = FOOT.format(
        tests=about_tests(found),
        seeds=seeds,
        smallest=permutation_test([1.0] * seeds)[1],
        version=first["ahora_version"],
        commits=", ".join(sorted({str(o.provenance["git_commit"])[:12] for o in outcomes})),
        torch=first["packages"]["torch"],
        device=first["device_name"],
    )
    parts = [head, *("\n".join(_of_rate(rate, arms)) for rate, arms in found.items()), foot]
    page = folder / "study.md"
    page.write_text("\n".join(parts))
    return page


def _of_rate(rate: float, arms: dict[str, Arm]) -> Iterator[str]:
    yield f"## Learning rate {rate:g}, {RATES[rate]}"
    for sentence in about_rate(arms):
        yield f"- {sentence}"
    yield ""
    yield _row("", ARMS)
    yield _row("---", ["---"] * len(ARMS))
    for key, measure in MEASURES.items():
        cells = [arm.over_seeds(key) for arm in arms.values()]
        shown = ["none" if cell is None else bounds(cell, measure.digits) for cell in cells]
        yield _row(measure.title, shown)
    collapsed = [f"{arm.collapsed} of {len(arm.outcomes)}" for arm in arms.values()]
    yield _row("Runs whose entropy collapsed", collapsed)
    yield ""
    variants = [name for name in ARMS if name != BASELINE]
    yield _row("against GRPO, seed by seed", variants)
    yield _row("---", ["---"] * len(variants))
    for key in COMPARED:
        yield _compared(arms, key, variants)
    yield ""


def _compared(arms: dict[str, Arm], key: str, variants: list[str]) -> str:
    measure, paired = MEASURES[key], comparisons(arms, key)
    kind, digits = ("GRPO / variant", ".2f") if measure.geometric else ("variant - GRPO", "+.3f")
    cells = []
    for name in variants:
        found = paired.get(name)
        cells.append(f"{bounds(found.estimate, digits)}, p {found.p:.2g}" if found else "none")
    return _row(f"{measure.title}: {kind}", cells)


def _row(title: str, cells: list[str] | dict[str, object]) -> str:
    return f"| {title} | {' | '.join(cells)} |"
