"""Why runs wait: said of each queued run wherever it is shown."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ahora.status import RunStatus
from backend.db.models import Run, Worker
from backend.workers import repository
from backend.workers.fit import Needs, why_none_fits


class Waiting:
    """Looks at the workers once, and only when a run waits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._online: Sequence[Worker] | None = None
        self._known: dict[Needs, str | None] = {}

    def of(self, run: Run) -> str | None:
        """Why no worker that is online can take `run`; None when one can, or it is not queued."""
        if run.status != RunStatus.QUEUED or run.deleted_at is not None:
            return None
        return self.why(Needs.of_run(run))

    def why(self, needs: Needs) -> str | None:
        """The same of any run with these needs."""
        if needs not in self._known:
            self._known[needs] = why_none_takes(needs, self._workers())
        return self._known[needs]

    def takers(self, needs: Needs) -> list[str]:
        """Names of the workers that are online and could take a run with these needs."""
        fitting = (
            worker.name
            for worker in self._workers()
            if not worker.draining and why_none_fits(needs, [worker]) is None
        )
        return sorted(set(fitting))

    def _workers(self) -> Sequence[Worker]:
        if self._online is None:
            self._online = repository.online(self._session)
        return self._online


def why_none_takes(needs: Needs, online: Sequence[Worker]) -> str | None:
    """Why none of the workers could run it now, as a sentence with the remedy; None when one could."""
    reason = why_none_fits(needs, [worker for worker in online if not worker.draining])
    if reason is None:
        return None
    drained = [
        worker.name
        for worker in online
        if worker.draining and why_none_fits(needs, [worker]) is None
    ]
    if not drained:
        return reason
    names = ", ".join(dict.fromkeys(drained))
    return (
        f"The workers it fits are being drained and take no more runs: {names}. "
        f"`ahora workers resume {drained[0]}` lets that one take runs again."
    )
