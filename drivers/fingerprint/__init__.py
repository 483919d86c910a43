"""The single-finger sensor on a serial line."""
