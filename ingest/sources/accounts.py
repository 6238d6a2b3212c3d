"""The `accounts` template: which provider account a gateway's or a key's calls belong to."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="accounts",
        key=("provider", "account", "api_key", "gateway"),
        reference=True,
    ),
    label="Accounts (template)",
)
