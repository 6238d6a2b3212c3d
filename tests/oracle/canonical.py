"""Canonical ids of providers and models: the price book's, whatever the case and spaces."""

from __future__ import annotations

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider


def book_provider(name: str) -> Provider | None:
    return find_provider_by_id(get_snapshot().providers, name.strip())


def book_model(provider: str, model: str) -> tuple[Provider, ModelInfo] | None:
    """The book's entry, or None for a provider or model that it does not know."""
    found = book_provider(provider)
    if found is None:
        return None
    entry = found.find_model(model.strip(), all_providers=get_snapshot().providers)
    return None if entry is None else (found, entry)


def canonical_provider(name: str) -> str:
    found = book_provider(name)
    return name.strip().lower() if found is None else found.id


def canonical_model(provider: str, model: str) -> str:
    found = book_model(provider, model)
    return model.strip().lower() if found is None else found[1].id
