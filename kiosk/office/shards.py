"""Static shards: which collector receives from which communes, under which name, and what the broker lets it do.

A province that is too much for one collector has several, each with its own communes and its own certificate. A
commune belongs to one shard; what no shard names is received by the collector without a name. No message is shared out
among collectors by the broker: MQTT's shared subscriptions lose what a dying collector had not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kiosk.office.errors import ProvisioningError
from kiosk.office.registry import COLLECTOR, Registry, check_name
from kiosk.wire.topics import ROOT

LONGEST_NAME: Final = 32 - len(COLLECTOR) - 1

Shards = Mapping[str, tuple[str, ...]]


def collector_name(shard: str) -> str:
    """The name of a shard's collector in its certificate and at the broker; of the one without a name for ''."""
    return f"{COLLECTOR}-{shard}" if shard else COLLECTOR


def is_collector_name(name: str) -> bool:
    """Whether a kiosk of this name could be taken for a collector."""
    return name == COLLECTOR or name.startswith(f"{COLLECTOR}-")


def checked_shards(wanted: Mapping[str, Sequence[str]], known: Shards, communes: Iterable[str]) -> Shards:
    """The shards after an init: those of ``wanted`` as they are wanted, the others as they were.

    Raises:
        ProvisioningError: a name is not allowed, a commune is unknown, or two shards would have it.
    """
    shards = {**known, **{name: tuple(dict.fromkeys(parts)) for name, parts in wanted.items()}}
    holders: dict[str, str] = {}
    for name, parts in shards.items():
        check_name(name, what="shard")
        if len(name) > LONGEST_NAME:
            raise ProvisioningError(f"shard {name!r} is not allowed: at most {LONGEST_NAME} characters")
        if unknown := sorted(set(parts) - set(communes)):
            raise ProvisioningError(f"shard {name}: {unknown[0]!r} is not among this office's communes")
        for commune in parts:
            if commune in holders:
                raise ProvisioningError(f"{commune!r} would be in two shards, {holders[commune]} and {name}")
            holders[commune] = name
    return {name: parts for name, parts in sorted(shards.items()) if parts}


def communes_of(registry: Registry, shard: str) -> frozenset[str] | None:
    """The communes whose kiosks a shard's collector receives from; None: from everybody, as there are no shards.

    Raises:
        ProvisioningError: there is no such shard, or every commune belongs to one and nothing is left for ''.
    """
    if not registry.shards and not shard:
        return None
    if shard:
        if shard not in registry.shards:
            raise ProvisioningError(f"shard {shard!r} is unknown: `kiosk office init ... --shard {shard}=COMMUNE,...`")
        return frozenset(registry.shards[shard])
    taken = {commune for parts in registry.shards.values() for commune in parts}
    if rest := frozenset(registry.communes) - taken:
        return rest
    raise ProvisioningError("every commune belongs to a shard: say which one this is, [collector] shard in office.toml")


def filters_of(registry: Registry, shard: str) -> tuple[str, ...]:
    """What the collector subscribes to. Raises ProvisioningError as `communes_of`."""
    communes = communes_of(registry, shard)
    if communes is None:
        return (f"{ROOT}/#",)
    return tuple(f"{ROOT}/{registry.province}/{commune}/#" for commune in sorted(communes))


def all_collectors(registry: Registry) -> tuple[str, ...]:
    """The shards that must each have an active collector; '' is the one without a name."""
    taken = {commune for parts in registry.shards.values() for commune in parts}
    rest = ("",) if set(registry.communes) - taken or not registry.shards else ()
    return (*rest, *registry.shards)


class OwnKiosks:
    """The registry with the kiosks of one shard alone; as current as the whole one."""

    def __init__(self, registry: Callable[[], Registry], shard: str) -> None:
        self._registry = registry
        self._shard = shard
        self._seen: tuple[Registry, Registry] | None = None

    def __call__(self) -> Registry:
        whole = self._registry()
        if self._seen is None or self._seen[0] is not whole:
            self._seen = (whole, self._own(whole))
        return self._seen[1]

    def _own(self, whole: Registry) -> Registry:
        try:
            communes = communes_of(whole, self._shard)
        except ProvisioningError:  # taken away from it while it runs: it answers nobody until it is made anew
            communes = frozenset[str]()
        if communes is None:
            return whole
        kiosks = {name: entry for name, entry in whole.kiosks.items() if entry.commune in communes}
        return replace(whole, kiosks=kiosks)
