"""Settings of the backend, from the environment (prefix AHORA_)."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_REPOSITORY = Path(__file__).parents[1]


class Settings(BaseSettings):
    """How this API process runs. Every field is the variable AHORA_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="AHORA_", extra="ignore", use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=lambda: Path.home() / ".ahora")
    """Folder of the database, artifacts, secrets and logs of an embedded stack."""
    database_url: str = ""
    """SQLAlchemy URL, `postgresql+psycopg://...` for teams. Empty: SQLite under `home`."""
    redis_url: str | None = None
    """Broker of the doorbell. Unset: the Unix socket under `home`; empty: no doorbell."""
    host: str = "127.0.0.1"
    """Address the server listens on."""
    port: int = 8000
    """Port the server listens on."""
    allowed_hosts: Annotated[list[str], NoDecode] = ["localhost", "127.0.0.1", "[::1]"]
    """Names this server answers to, separated by commas; `*` turns the check off."""
    lease_seconds: float = Field(default=30.0, gt=0)
    """An attempt or worker silent for so long is lost."""
    heartbeat_seconds: float = Field(default=3.0, gt=0)
    """How often workers are asked to report."""
    sweep_seconds: float = Field(default=5.0, gt=0)
    """How often silence is looked for, and the doorbell rung for runs that wait."""
    journal_days: float = Field(default=7.0, gt=0)
    """Age at which what the live stream replays is deleted; a page that was away longer reads again."""
    store: str = ""
    """Artifact store: a folder or an fsspec URL. Empty: `artifacts` under `home`."""
    dashboard: Path = _REPOSITORY / "frontend" / "dist"
    """Folder of the built dashboard."""

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{self.home / 'ahora.db'}"

    @property
    def broker(self) -> str:
        """URL of the broker; empty without one."""
        if self.redis_url is None:
            return f"redis+socket://{self.home / 'redis' / 'redis.sock'}"
        return self.redis_url

    @property
    def artifacts(self) -> str:
        """Root of the artifact store."""
        return self.store or str(self.home / "artifacts")
