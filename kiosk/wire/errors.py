"""What can be wrong with something that came over the wire."""


class WireError(Exception):
    """Something on the wire is not as it should be."""


class BadTopic(WireError, ValueError):
    """A topic, or a name to build one from, is not of the tree."""


class BadMessage(WireError, ValueError):
    """A message is not one of those that its topic carries."""


class ChunkRefused(WireError):
    """A chunk contradicts its manifest, or the whole does not have the hash that the manifest promised."""
