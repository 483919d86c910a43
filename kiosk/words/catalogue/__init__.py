"""The text catalogue: one TOML file a language, one record a screen, flat entries for everything else.

Owns every text that is shown or said; refuses files that are not NFC, not complete or not well-formed.
"""

from kiosk.words.catalogue.loader import (
    DEFAULT_HONORIFIC,
    LANGUAGES,
    Catalogue,
    Language,
    ScreenWords,
    placeholders_in,
)

__all__ = ["DEFAULT_HONORIFIC", "LANGUAGES", "Catalogue", "Language", "ScreenWords", "placeholders_in"]
