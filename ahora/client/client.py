"""The client: everything the dashboard can do, from Python."""

from pathlib import Path
from types import TracebackType

import httpx

from ahora.client.connection import find_connection
from ahora.client.control import ControlMethods
from ahora.client.datasets import DatasetMethods
from ahora.client.experiments import ExperimentMethods
from ahora.client.jobs import JobMethods
from ahora.client.rules import RuleMethods
from ahora.client.table import TableMethods
from ahora.client.transport import Transport


class Client(
    ExperimentMethods, DatasetMethods, JobMethods, ControlMethods, RuleMethods, TableMethods
):
    """A connection to an Ahora server.

    Without arguments it finds the server in AHORA_URL and its token in AHORA_TOKEN or AHORA_TOKEN_FILE, else
    the stack that runs on this machine (`ahora up`). Use it as a context manager, or `close` it.

    Args:
        url: Address of the server.
        token: A user token.
        home: AHORA_HOME of the stack to use; the environment is then not looked at.
        retries: Tries after the first one, when the server cannot be reached or is overloaded.
        timeout: Seconds an answer may take.
        transport: How requests travel; for tests.

    Raises:
        NotConfiguredError: no server or no token is known.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        home: Path | str | None = None,
        retries: int = 5,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        connection = find_connection(url, token, home)
        self._transport = Transport(
            connection, retries=retries, timeout=timeout, transport=transport
        )

    @property
    def url(self) -> str:
        """Address of the server, and of its dashboard."""
        return self._transport.connection.url

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
