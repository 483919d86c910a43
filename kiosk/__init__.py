"""The Căn cước kiosk: from a citizen's first touch to a row in the office's database."""

__version__ = "0.1.0"
