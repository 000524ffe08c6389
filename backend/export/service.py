"""Everything about a run as JSON or CSV, written while it is read."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from ahora.schemas.runs import Run
from backend.db import Database
from backend.events.superseded import valid_steps
from backend.export import table
from backend.metrics import store
from backend.metrics.points import Points
from backend.metrics.store import Series, Stored
from backend.runs import repository, views
from backend.workers.waiting import Waiting

_NUMBERS = TypeAdapter(list[float], config={"ser_json_inf_nan": "strings"})


class Export:
    """A run to be exported. The run is read at once, its series one after the other, each in a short
    transaction of its own, so that a slow download holds no connection."""

    def __init__(self, db: Database, run_id: str) -> None:
        """Raises `RunNotFound`."""
        self._db = db
        with db.read() as session:
            self.run: Run = views.full(repository.get_full(session, run_id), Waiting(session))
            self._stored = store.find(session, [run_id])

    def json(self) -> Iterator[str]:
        """``{"run": Run, "metrics": {key: {steps, values, elapsed, tokens}}}``; configuration and
        the provenance of each attempt are in the run."""
        yield f'{{"run":{self.run.model_dump_json()},"metrics":{{'
        for place, series in enumerate(self._series()):
            yield ("," if place else "") + json.dumps(series.key) + ":" + _columns(series.points)
        yield "}}\n"

    def csv(self) -> Iterator[str]:
        """The table of `backend.export.table`."""
        return table.lines(self._rows())

    def _rows(self) -> Iterator[list[str]]:
        run = self.run.model_dump(mode="json")
        config, attempts = run.pop("config"), run.pop("attempts")
        provenance = {str(one["number"]): one.pop("provenance") or {} for one in attempts}
        yield from table.section("run", run | {"attempts": attempts})
        yield from table.section("config", config)
        yield from table.section("provenance", provenance)
        for series in self._series():
            yield from table.metric(series.key, series.points)

    def _series(self) -> Iterator[Series]:
        for one in self._stored:
            yield from self._read(one)

    def _read(self, one: Stored) -> list[Series]:
        with self._db.read() as session:
            return list(store.read(session, [one], valid_steps(session, [one.run_id])))


def _columns(points: Points) -> str:
    columns: dict[str, Any] = {
        "steps": points["step"].tolist(),
        "elapsed": points["elapsed"].tolist(),
        "tokens": points["tokens"].tolist(),
    }
    values = _NUMBERS.dump_json(points["value"].tolist()).decode()
    return json.dumps(columns)[:-1] + f',"values":{values}}}'
