"""What can go wrong with the voice, as one tree of exceptions. Messages never hold the words of a line."""


class VoiceError(Exception):
    """Something about the voice is not as it should be."""


class SpeechMissing(VoiceError, FileNotFoundError):
    """The speech program is not installed."""


class SpeechFault(VoiceError, OSError):
    """The speech program gave no sound in time, or none that can be played."""


class SpeechCancelled(VoiceError):
    """The line was given up because another one is wanted."""


class BadClip(VoiceError, ValueError):
    """A recording cannot be used; the message says what to record or export otherwise."""


class BadPack(VoiceError, ValueError):
    """A folder is no voice pack that can be used."""
