"""Ids of enrolments and commands: UUID version 7 (RFC 9562 section 5.7), which sort by time and say nothing else."""

import secrets
import uuid
from datetime import datetime


def uuid7(now: datetime) -> str:
    """Make an id for this moment."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76
    value |= secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
