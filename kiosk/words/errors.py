"""What can go wrong with the words, as one tree of exceptions.

Messages name keys and places, never a citizen's data.
"""


class WordsError(Exception):
    """Something about the words is not as it should be."""


class CatalogueBroken(WordsError, ValueError):
    """A catalogue file cannot be used; the message lists everything that is wrong with it."""


class UnknownKey(WordsError, KeyError):
    """No screen or text has this key; the message says which ones are close."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownLanguage(WordsError, ValueError):
    """There is no catalogue in this language."""


class MissingValue(WordsError, ValueError):
    """A placeholder of a text was not given its value."""


class NotText(WordsError, ValueError):
    """A value cannot be written or spoken as asked: not a day, not digits, not one key."""
