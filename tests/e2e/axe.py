"""axe-core on the page a browser shows: what of WCAG 2 A and AA it finds broken."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RUN = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  resultTypes: ["violations"],
})"""


@cache
def _source() -> str:
    return SOURCE.read_text()


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule: the rule, the element, what is wrong with it."""
    # evaluated, not added as a script, which the page's content security policy would refuse
    page.evaluate(f"() => {{ if (!window.axe) {{ {_source()} }} }}")
    found: list[dict[str, Any]] = page.evaluate(RUN)["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} - {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
