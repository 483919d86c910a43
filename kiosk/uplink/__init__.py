"""Is the office told? A process of its own: network, and neither plaintext nor devices."""
