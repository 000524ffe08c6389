"""What a worker process is told by its environment (`AHORA_*`) and its command line."""

import socket
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

QueueName = Literal["cpu", "gpu"]


class WorkerSettings(BaseSettings):
    """Settings of a worker. Each is also an environment variable: `url` is `AHORA_URL`."""

    model_config = SettingsConfigDict(env_prefix="AHORA_", env_ignore_empty=True, extra="ignore")

    home: Path = Path("~/.ahora")
    """Folder that the defaults below lie in."""
    url: str = "http://127.0.0.1:8000"
    """Where the API answers, without `/api/v1`."""
    token: str | None = Field(default=None, repr=False)
    """A worker token; `token_file` is the better place for it."""
    token_file: Path | None = None
    """File that holds the worker token; default `HOME/secrets/worker.token`."""
    redis_url: str | None = None
    """Celery's broker; default the launcher's private socket `HOME/redis/redis.sock`."""
    store: str | None = None
    """Artifact store: a folder or an fsspec URL; default `HOME/artifacts`."""
    spool: Path | None = None
    """Folder for what is not shipped yet; default `HOME/spool`."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """CPU runs at once; a GPU always has one slot. Default: from the number of cores."""
    queues: Annotated[list[QueueName] | None, NoDecode] = None
    """Queues served; default `cpu`, and `gpu` where an NVIDIA GPU is found."""
    labels: Annotated[list[str], NoDecode] = Field(default_factory=list)
    """Labels that runs may ask for, such as `a100`."""
    worker_name: str = Field(default_factory=socket.gethostname, min_length=1, max_length=200)
    """Name shown in the dashboard; default the host's name."""
    stop_grace: float = Field(default=60.0, gt=0)
    """Seconds a trainer has to save its checkpoint after a stop, before it is killed."""
    orphan_grace: float = Field(default=1800.0, gt=0)
    """Seconds a trainer goes on while the API cannot be reached, before it saves and stops."""
    system_seconds: float = Field(default=5.0, ge=0, allow_inf_nan=False)
    """Seconds between samples of what a trainer uses, at first (later up to 30); 0 takes none."""
    trainer_command: list[str] = Field(
        default_factory=lambda: [sys.executable, "-P", "-m", "worker.trainer"], min_length=1
    )
    """Command that trains; `run.json` and the output folder are appended."""

    @field_validator("queues", "labels", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("write it as http://HOST:PORT or https://HOST")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fill(self) -> "WorkerSettings":
        self.home = self.home.expanduser().absolute()
        self.token_file = (self.token_file or self.home / "secrets/worker.token").expanduser()
        self.redis_url = self.redis_url or f"redis+socket://{self.home}/redis/redis.sock"
        self.store = self.store or str(self.home / "artifacts")
        self.spool = (self.spool or self.home / "spool").expanduser().absolute()
        return self

    def read_token(self) -> str:
        """The worker token.

        Raises `ValueError` with a sentence for people when there is none.
        """
        if self.token:
            return self.token.strip()
        assert self.token_file is not None
        try:
            token = self.token_file.read_text().strip()
        except OSError as error:
            raise ValueError(
                f"No worker token: {self.token_file} cannot be read ({error.strerror}). Make one "
                "with `ahora token create --kind worker` and give its file with --token-file or "
                "AHORA_TOKEN_FILE."
            ) from None
        if not token:
            raise ValueError(f"The worker token file {self.token_file} is empty.")
        return token
