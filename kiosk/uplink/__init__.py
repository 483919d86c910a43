"""Is the office told? The uplink's own process."""
