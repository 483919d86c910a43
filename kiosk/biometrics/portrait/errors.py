"""What can go wrong with a portrait before anything can be said of its worth."""


class PortraitError(Exception):
    """A frame cannot be treated as a portrait."""


class BadFrame(PortraitError, ValueError):
    """The bytes of a frame are not a picture of the stated size."""


class NoFace(PortraitError, ValueError):
    """There is no face to cut a portrait around, or its measures are not there."""


class ModelsMissing(PortraitError):
    """The files of the face nets are not there or are others; the sentence says what to do."""
