"""The portrait camera."""
