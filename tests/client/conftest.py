"""A client whose server is a function."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from ahora.client import Client
from ahora.client.transport import Transport
from tests.client.live import Server

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell takes part."""
    for name in ("AHORA_URL", "AHORA_TOKEN", "AHORA_TOKEN_FILE", "AHORA_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Handler], Client]]:
    """Makes a client of a function from request to response; its pauses between retries are counted, not
    slept."""
    made: list[Client] = []
    monkeypatch.setattr(Transport, "wait", lambda *args, **kwargs: None)

    def make(handler: Handler) -> Client:
        client = Client(
            "http://127.0.0.1:1", "secret", retries=3, transport=httpx.MockTransport(handler)
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real API, for all tests of this folder."""
    running = Server(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def api(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client
