"""Every setting, read from the environment: TOKENPNL_<NAME>, so `currency` is TOKENPNL_CURRENCY.

Raises pydantic's ValidationError when a value does not fit; `explain` makes one line of it.
"""

from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
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

    trusted_user_header: str | None = Field(None, pattern=r"^[A-Za-z][A-Za-z0-9-]*$")
    """The header in which a sign-in proxy in front of the dashboard says who comes, as in X-Forwarded-Email.

    Not set: there is no sign-in, and whoever reaches this machine's own address sees everything."""

    trusted_proxies: str = "127.0.0.1,::1"
    """The addresses or networks, separated by commas, from which that header is believed."""

    host: str = "127.0.0.1"
    """The address that the dashboard listens on: one of this machine's own, unless a sign-in proxy is in front."""

    port: int = Field(8501, ge=1, le=65535)
    """The port that the dashboard listens on."""

    allowed_hosts: str = "localhost,127.0.0.1"
    """The host names, separated by commas, that a browser may call the dashboard by."""

    secret: SecretStr | None = Field(None, min_length=32)
    """The key that share links are signed with. Not set: one is made and kept beside the database."""

    upload_mb: int = Field(50, ge=1)
    """How large one file may be that is uploaded in the browser, in MB. Larger ones go through `ingest`."""

    upload_total_mb: int = Field(250, ge=1)
    """How much all uploaded files may take of memory at one time, in MB."""

    watch: Path | None = None
    """A folder in which the dashboard takes what appears, as soon as it is complete. Not set: none."""

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

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: str) -> str:
        for network in proxies.split(","):
            try:
                everybody = ip_network(network.strip()).prefixlen == 0
            except ValueError as error:
                raise ValueError(f"{network.strip()!r} is no address; say them as in 127.0.0.1,10.0.0.0/24") from error
            if everybody:
                raise ValueError(f"{network.strip()} is everybody: name the proxy, as in 127.0.0.1,10.0.0.0/24")
        return proxies

    @field_validator("host")
    @classmethod
    def _own_address(cls, host: str, others: ValidationInfo) -> str:
        try:
            address = ip_address(host)
        except ValueError as error:
            raise ValueError("it is no address; say it in numbers, as in 127.0.0.1") from error
        if address.is_loopback or others.data.get("trusted_user_header"):
            return host
        raise ValueError(
            "without sign-in the dashboard listens on this machine only, as in 127.0.0.1; "
            "behind a sign-in proxy, name its header as TOKENPNL_TRUSTED_USER_HEADER"
        )

    def clock(self) -> date:
        """Today's date in the reporting time zone."""
        return self.today or datetime.now(UTC).astimezone(ZoneInfo(self.time_zone)).date()


def explain(error: ValidationError) -> str:
    """One line that names the first setting that does not fit, its value unless it is secret, and what is wanted."""
    first = error.errors()[0]
    name = "TOKENPNL_" + "_".join(str(part) for part in first["loc"]).upper()
    value = "..." if name == "TOKENPNL_SECRET" else first["input"]
    return f"{name}={value}: {first['msg'].removeprefix('Value error, ')}"
