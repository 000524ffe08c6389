"""A comparison as one HTML file that needs nothing else: no script, no request, every text escaped."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from ahora import __version__
from ahora.schemas.comparing import Comparison, Curve, Estimate, RunComparison, Versus
from backend.compare.drawing import Axis, Line, chart, swatch

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--text:#14191b;--muted:#556066;--line:#dde2e3;--soft:#eff2f2;
--c1:#0d3299;--c2:#c28901;--c3:#657b6b;--c4:#ed42ba;--c5:#843e01;--c6:#2e94fb;--c7:#6617ff;--c8:#372f35}
@media(prefers-color-scheme:dark){:root{--bg:#0d1113;--text:#e8edef;--muted:#9dabb1;--line:#2a3338;
--soft:#1c2327;--c1:#38a8d7;--c2:#f5a900;--c3:#00dfaa;--c4:#a24a86;--c5:#f7f507;--c6:#bafeff;--c7:#7364f3;
--c8:#978a58}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1400px;padding:24px 16px 64px;background:var(--bg);
color:var(--text);font:14px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:22px;margin:0}h2{font-size:17px;margin:32px 0 8px}h3{font-size:14px;margin:0 0 4px}
.muted,figcaption,small{color:var(--muted)}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:6px 12px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{white-space:nowrap}td{min-width:90px;max-width:280px}
th:first-child{max-width:340px;min-width:140px}td small,th small{display:block;font-weight:400}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:16px}
figure{margin:0;padding:12px;border:1px solid var(--line);border-radius:8px;min-width:0}
svg{display:block;width:100%;height:auto}svg text{font-size:11px;fill:var(--muted)}
.swatch{display:inline-block;width:24px;height:6px;margin-right:6px;vertical-align:middle}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;padding:0;margin:8px 0 0;list-style:none;font-size:12px}
.grid{stroke:var(--line)}.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.band{stroke:none;opacity:.18}.remarks li{margin:4px 0}code{background:var(--soft);padding:1px 4px}
@media print{figure,tr{break-inside:avoid}}
""" + "".join(
    f".line.c{i}{{stroke:var(--c{i})}}.band.c{i}{{fill:var(--c{i})}}" for i in range(1, 9)
)

NONE = "\u2013"

RUN_COLUMNS = (
    ("baseline_pass_at_1", "Pass@1 before"),
    ("peak_pass_at_1", "Pass@1 peak"),
    ("final_pass_at_1", "Pass@1 final"),
    ("final_reward", "Reward final"),
    ("training_variance", "Training variance"),
    ("detrended_variance", "Detrended"),
    ("sampling_floor", "Sampling floor"),
    ("entropy_start", "Entropy start"),
    ("entropy_end", "Entropy end"),
    ("effective_fraction", "Effective fraction"),
)


def to_html(
    comparison: Comparison,
    curves: Sequence[Curve],
    link: str,
    axis: Axis = "step",
    log: bool = False,
) -> str:
    """The report. `link` is the address of the same view in the dashboard."""
    title = f"Comparison of {_count(len(comparison.runs), 'run')}"
    if len(comparison.groups) < len(comparison.runs):
        title += f" in {_count(len(comparison.groups), 'group')}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Ahora {escape(__version__)}. '
        f'<a href="{escape(link, quote=True)}" rel="noreferrer">This view in the dashboard</a></p>',
        *_remarks(comparison),
        *_groups(comparison),
        *_charts(comparison, curves, axis, log),
        *_runs(comparison),
        *_differences(comparison),
        *_reading(comparison),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"{''.join(body)}</body></html>"
    )


def _remarks(comparison: Comparison) -> Iterator[str]:
    if comparison.remarks:
        yield "<h2>What the data does and does not show</h2><ul class='remarks'>"
        yield from (f"<li>{escape(remark)}</li>" for remark in comparison.remarks)
        yield "</ul>"


def _groups(comparison: Comparison) -> Iterator[str]:
    yield f"<h2>Groups</h2><p class='muted'>Grouped by <code>{escape(comparison.group_by)}</code>. Means "
    yield "with 95 % intervals over seeds; below them how the group stands against the baseline.</p>"
    heads = []
    for place, group in enumerate(comparison.groups):
        base = "<small>baseline</small>" if group.id == comparison.baseline else ""
        seeds = f"{_count(len(group.run_ids), 'run')}, {_count(len(set(group.seeds)), 'seed')}"
        heads.append(f"{swatch(place)}{escape(group.label)}{base}<small>{seeds}</small>")
    rows = []
    for measure in comparison.measures:
        found = [group.measures[measure.name] for group in comparison.groups]
        cells = [f"{_estimate(one.estimate)}{_versus(one.versus)}" for one in found]
        rows.append((f"{escape(measure.label)}<small>{escape(measure.unit)}</small>", cells))
    collapsed = [f"{group.collapsed} of {len(group.run_ids)}" for group in comparison.groups]
    yield from _table("Mean over runs", heads, [*rows, ("Entropy collapsed", collapsed)])


def _charts(
    comparison: Comparison, curves: Sequence[Curve], axis: Axis, log: bool
) -> Iterator[str]:
    places = {group.id: place for place, group in enumerate(comparison.groups)}
    labels = {group.id: group.label for group in comparison.groups}
    keys = list(dict.fromkeys(curve.key for curve in curves))
    if keys:
        yield "<h2>Curves</h2><p class='muted'>Mean of each group by step; the band is the 95 % t-interval "
        yield "over its runs at that step.</p><div class='charts'>"
    for key in keys:
        lines = [Line(curve, places[curve.group]) for curve in curves if curve.key == key]
        legend = "".join(
            f"<li>{swatch(line.place)}{escape(labels[line.curve.group])} "
            f"<span class='muted'>n = {max(line.curve.n)}</span></li>"
            for line in lines
        )
        yield f"<figure><h3>{escape(key)}</h3>{chart(key, lines, axis, log)}"
        yield f"<ul class='legend'>{legend}</ul></figure>"
    if keys:
        yield "</div>"


def _runs(comparison: Comparison) -> Iterator[str]:
    yield "<h2>Runs</h2>"
    labels = {run_id: group.label for group in comparison.groups for run_id in group.run_ids}
    heads = ["Group", "Seed", "Steps", "Status", *(label for _, label in RUN_COLUMNS), "Collapsed"]
    rows = [
        (f"{escape(run.name)}<small>{run.run_id}</small>", _run(run, labels))
        for run in comparison.runs
    ]
    yield from _table("Run", heads, rows)


def _run(run: RunComparison, labels: dict[str, str]) -> list[str]:
    collapsed = {True: "yes", False: "no", None: NONE}[run.collapsed]
    numbers = [_number(getattr(run, name)) for name, _ in RUN_COLUMNS]
    head = [escape(labels[run.run_id]), str(run.seed), str(run.steps), run.status.value]
    return [*head, *numbers, collapsed]


def _differences(comparison: Comparison) -> Iterator[str]:
    yield "<h2>Configuration differences</h2>"
    if not comparison.differences:
        yield "<p class='muted'>None: the runs have the same configuration.</p>"
        return
    rows = []
    for difference in comparison.differences:
        cells = []
        for group in comparison.groups:
            values = [
                _text(difference.values[run]) if run in difference.values else "not set"
                for run in group.run_ids
            ]
            cells.append(escape(", ".join(dict.fromkeys(values))))
        rows.append((f"<code>{escape(difference.path)}</code>", cells))
    yield from _table("Field", [escape(group.label) for group in comparison.groups], rows)


def _reading(comparison: Comparison) -> Iterator[str]:
    yield "<h2>How to read this</h2><dl>"
    for measure in comparison.measures:
        yield f"<dt><b>{escape(measure.label)}</b></dt><dd>{escape(measure.help)}</dd>"
    yield (
        "</dl><p>Below 10 seeds intervals are Student's t, of variances on their logarithms; from 10 on "
        "percentile bootstraps with a fixed seed. A difference is group - baseline, a ratio of variances "
        "baseline / group: above 1 the group's variance is lower. Where both have the same seeds they are "
        "compared in pairs; p is of the two-sided permutation test, which with 5 pairs cannot go below "
        "0.0625. An interval that holds 0 (a ratio's: 1) shows no difference, which is not the same as "
        "showing that there is none.</p>"
    )


def _table(
    first: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]
) -> Iterator[str]:
    """A table; heads and cells are HTML already."""
    yield f"<div class='scroll'><table><thead><tr><th scope='col'>{first}</th>"
    yield from (f"<th scope='col'>{head}</th>" for head in heads)
    yield "</tr></thead><tbody>"
    for head, cells in rows:
        yield f"<tr><th scope='row'>{head}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _estimate(found: Estimate | None) -> str:
    if found is None:
        return NONE
    bounds = (
        "" if found.low is None else f"<small>{_number(found.low)} to {_number(found.high)}</small>"
    )
    return f"{_number(found.mean)}{bounds}"


def _versus(found: Versus | None) -> str:
    if found is None:
        return ""
    estimate, sign = found.estimate, "+" if found.kind == "difference" else ""
    mean = f"{estimate.mean:{sign}.3g}" if sign else f"ratio {estimate.mean:.3g}"
    bounds = (
        "" if estimate.low is None else f" ({_number(estimate.low)} to {_number(estimate.high)})"
    )
    test = (
        ""
        if found.p is None
        else f"<small>p = {found.p:.3g}, smallest {found.smallest_p:.3g}</small>"
    )
    return f"<small>{mean}{bounds}</small>{test}<small>{escape(found.words)}</small>"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3g}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
