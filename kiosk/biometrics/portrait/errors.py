"""What can go wrong with a portrait before anything can be said of its worth."""


class PortraitError(Exception):
    """A frame cannot be treated as a portrait."""


class BadFrame(PortraitError, ValueError):
    """The bytes of a frame are not a picture of the stated size."""
