"""The uplink's exception tree."""

from __future__ import annotations


class UplinkError(Exception):
    """The uplink cannot do its work; the text says why and what to do."""


class UplinkSettingsError(UplinkError):
    """The uplink's settings make no sense."""
