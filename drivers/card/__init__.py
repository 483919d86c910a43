"""The chip-card reader (PC/SC)."""
