"""Which rules are in force: a run's own, before its project's, before the built-in ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from ahora.schemas import rules as schemas
from ahora.schemas.rules import RuleEdit
from backend.db.models import Rule
from backend.rules.builtin import BUILT_IN
from backend.rules.repository import AnyRow
from backend.rules.words import condition_words


@dataclass(frozen=True)
class RuleInForce:
    """A rule and where it is written."""

    key: str
    edit: RuleEdit
    origin: Literal["built-in", "project", "run"] = "built-in"
    changed_by: str | None = None
    changed_at: datetime | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Its condition: what is remembered for another does not count for it."""
        return self.edit.condition.model_dump_json()

    def shown(self) -> schemas.Rule:
        """As the API shows it."""
        return schemas.Rule(
            key=self.key,
            **dict(self.edit),
            origin=self.origin,
            built_in=self.key in BUILT_IN,
            words=condition_words(self.edit.condition),
            changed_by=self.changed_by,
            changed_at=self.changed_at,
        )


_BUILT_IN = {key: RuleInForce(key, edit) for key, edit in BUILT_IN.items()}


def in_force(rows: Iterable[Rule | AnyRow]) -> dict[str, RuleInForce]:
    """By key, disabled ones too. `rows` are of one project and one run, those of the run last."""
    found = dict(_BUILT_IN)
    for row in rows:
        found[row.key] = RuleInForce(
            key=row.key,
            edit=edit_of(row),
            origin="project" if row.run_id is None else "run",
            changed_by=row.changed_by,
            changed_at=row.changed_at,
        )
    return found


def edit_of(row: Rule | AnyRow) -> RuleEdit:
    """A row as it was written."""
    return RuleEdit.model_validate(
        {
            "name": row.name,
            "condition": row.condition,
            "action": row.action,
            "enabled": row.enabled,
            "advice": row.advice,
        }
    )
