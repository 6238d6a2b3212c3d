"""Every setting, read from the environment: TOKENPNL_<NAME>, so `currency` is TOKENPNL_CURRENCY.

Raises pydantic's ValidationError when a value does not fit; `explain` makes one line of it.
"""

from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation decides for itself."""

    model_config = SettingsConfigDict(
        env_prefix="TOKENPNL_", frozen=True, use_attribute_docstrings=True, env_ignore_empty=True, extra="forbid"
    )

    db: Path = Path("data/tokenpnl.duckdb")
    """The database file. Its archive and working folders lie beside it."""

    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    """The reporting currency, three capital letters. Other currencies are converted to it."""

    time_zone: str = "UTC"
    """The reporting time zone, as in Europe/Berlin: the days of calls, steps, runs and outcomes are its days."""

    host: str = "127.0.0.1"
    """The address that the dashboard listens on: one of this machine's own, since there is no sign-in."""

    port: int = Field(8501, ge=1, le=65535)
    """The port that the dashboard listens on."""

    allowed_hosts: str = "localhost,127.0.0.1"
    """The host names, separated by commas, that a browser may call the dashboard by."""

    memory_limit: str = Field("4GB", pattern=r"^\d+(\.\d+)? ?([KMGT]i?B|%)$")
    """What the database may keep in memory, as in 4GB. More than that goes to the temporary folder beside it."""

    temp_limit: str = Field("20GB", pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")
    """What the database's temporary folder may take on the disk, as in 20GB."""

    threads: int | None = Field(None, ge=1)
    """How many threads the database works with. Not set: one per core."""

    question_seconds: int = Field(20, ge=1)
    """After how many seconds a single question is given up. Loading and rebuilding are not limited."""

    lock_seconds: float = Field(3.0, ge=0)
    """How long a command waits for another command that has the database open."""

    worker_memory_mb: int = Field(3072, ge=256)
    """What the process that reads one file may take of memory, in MB."""

    worker_seconds: int = Field(900, ge=1)
    """How much processor time the process that reads one file may take, in seconds."""

    worker_rows: int = Field(50_000_000, ge=1)
    """How many records one file may hold."""

    today: date | None = None
    """Today's date, for tests and demonstrations. Not set: the clock, in the reporting time zone."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:  # unknown, not a name at all, a folder of the zone data
            raise ValueError(f"there is no time zone {name!r}; say it as in Europe/Berlin") from error
        return name

    @field_validator("host")
    @classmethod
    def _own_address(cls, host: str) -> str:
        try:
            if ip_address(host).is_loopback:
                return host
        except ValueError:
            pass
        raise ValueError("without sign-in the dashboard listens on this machine only, as in 127.0.0.1")

    def clock(self) -> date:
        """Today's date in the reporting time zone."""
        return self.today or datetime.now(UTC).astimezone(ZoneInfo(self.time_zone)).date()


def explain(error: ValidationError) -> str:
    """One line that names the first setting that does not fit, its value and what is wanted."""
    first = error.errors()[0]
    name = "TOKENPNL_" + "_".join(str(part) for part in first["loc"]).upper()
    return f"{name}={first['input']}: {first['msg'].removeprefix('Value error, ')}"
