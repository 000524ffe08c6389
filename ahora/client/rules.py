"""Rules that watch runs, and their alerts."""

from typing import Any

from ahora.client.base import Part, make_body, part
from ahora.schemas.rules import Alert, Rule, RuleEdit


class RuleMethods(Part):
    """The client's methods about rules and alerts. A rule belongs to a project or to one run."""

    def rules(self, *, project: str | None = None, run_id: str | None = None) -> list[Rule]:
        """The rules of a project (the default one unless it is named), or those that watch a run."""
        return self._transport.call(list[Rule], "GET", _rules(project, run_id))

    def write_rule(
        self, key: str, *, project: str | None = None, run_id: str | None = None, **fields: Any
    ) -> Rule:
        """Write a rule, or change a built-in one under its key. Runs see it at their next report.

        Args:
            key: Lower-case letters, digits and dashes.
            project: Whose runs it watches; the default one unless a run is named.
            run_id: The one run it watches.
            fields: Those of `ahora.schemas.rules.RuleEdit`: `name`, `condition`, `action`, `enabled`,
                `advice`.
        """
        body = make_body(RuleEdit, "No such rule can be written:", **fields)
        path = f"{_rules(project, run_id)}/{part(key)}"
        return self._transport.call(Rule, "PUT", path, body=body)

    def delete_rule(
        self, key: str, *, project: str | None = None, run_id: str | None = None
    ) -> None:
        """Delete a rule; a built-in one of its key is in force again."""
        self._transport.send("DELETE", f"{_rules(project, run_id)}/{part(key)}")

    def alerts(
        self,
        run_id: str | None = None,
        *,
        project: str | None = None,
        active: bool | None = None,
        limit: int = 50,
    ) -> list[Alert]:
        """The alerts of a run, or the newest over all runs: with `active` those that hold and that
        nobody has acknowledged."""
        if run_id is not None:
            return self._transport.call(list[Alert], "GET", f"/runs/{part(run_id)}/alerts")
        params = {"project": project, "active": active, "limit": limit}
        return self._transport.call(list[Alert], "GET", "/alerts", params=params)

    def acknowledge(self, run_id: str, rule: str) -> Alert:
        """Say that you know: the alert of `rule` (its key) no longer shows, nor pauses the run."""
        path = f"/runs/{part(run_id)}/alerts/{part(rule)}/acknowledge"
        return self._transport.call(Alert, "POST", path)


def _rules(project: str | None, run_id: str | None) -> str:
    if run_id is not None:
        return f"/runs/{part(run_id)}/rules"
    return f"/projects/{part(project or 'default')}/rules"
