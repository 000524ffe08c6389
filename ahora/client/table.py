"""The run table from Python: groups, what is done to many runs, saved views."""

from collections.abc import Sequence

from ahora.client.base import Part, make_body, part
from ahora.schemas.table import (
    BulkAction,
    BulkAnswer,
    BulkRequest,
    RunColumn,
    SavedView,
    SavedViewCreate,
    TableGroups,
)


class TableMethods(Part):
    """The client's methods about many runs at once."""

    def columns(self) -> list[RunColumn]:
        """Columns that runs have values of, as `where`, `sort` and `by` name them."""
        return self._transport.call(list[RunColumn], "GET", "/runs/columns")

    def groups(
        self,
        by: Sequence[str],
        columns: Sequence[str] = (),
        *,
        where: Sequence[str] = (),
        project: str | None = None,
        sort: str = "",
    ) -> TableGroups:
        """Runs in groups, with mean and spread of `columns`; `by=["method"]` puts seeds together."""
        params = {
            "by": list(by),
            "column": list(columns),
            "where": list(where),
            "project": project,
            "sort": sort or None,
        }
        return self._transport.call(TableGroups, "GET", "/runs/groups", params=params)

    def change_many(
        self,
        run_ids: Sequence[str],
        action: BulkAction,
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        reason: str = "",
        dry_run: bool = False,
    ) -> BulkAnswer:
        """Stop, pause, resume, retry, delete, restore or tag up to 1,000 runs; each is answered for
        itself. `dry_run` says what would happen and changes nothing."""
        body = make_body(
            BulkRequest,
            "The runs cannot be changed so:",
            runs=list(run_ids),
            action=action,
            add=list(add),
            remove=list(remove),
            reason=reason,
            dry_run=dry_run,
        )
        return self._transport.call(BulkAnswer, "POST", "/runs/bulk", body=body)

    def views(self, project: str | None = None) -> list[SavedView]:
        """Saved views of the run table, of a project or of all."""
        return self._transport.call(list[SavedView], "GET", "/views", params={"project": project})

    def save_view(self, name: str, query: str, project: str = "default") -> SavedView:
        """Save a view: `query` is what stands behind the question mark of its page. Raises
        `ConflictError` when the name is taken."""
        body = make_body(
            SavedViewCreate, "The view cannot be saved so:", name=name, query=query, project=project
        )
        return self._transport.call(SavedView, "POST", "/views", body=body)

    def delete_view(self, view_id: str) -> None:
        """Delete a saved view. Raises `NotFoundError`."""
        self._transport.send("DELETE", f"/views/{part(view_id)}")
