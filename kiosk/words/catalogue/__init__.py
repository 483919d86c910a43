"""The text catalogue: `texts.toml` of a language's folder, one record a screen, flat entries for everything else.

Owns every text that is shown or said; refuses files that are not NFC, not complete or not well-formed.
"""

from kiosk.words.catalogue.loader import Catalogue, ScreenWords, placeholders_in
from kiosk.words.language import Language

__all__ = ["Catalogue", "Language", "ScreenWords", "placeholders_in"]
