"""Who speaks now? Recorded sentences first, an espeak-ng process for the rest, chimes, volume, interruption.

Owns the one thread that touches the loudspeaker. Refuses to keep a citizen's words: the cache lives in memory, is
bounded, and is emptied between citizens.
"""

from kiosk.voice.chimes import CHIMES, Chime
from kiosk.voice.voice import Voice, VoiceSettings

__all__ = ["CHIMES", "Chime", "Voice", "VoiceSettings"]
