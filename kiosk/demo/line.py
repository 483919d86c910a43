"""How the demo's kiosk and its dock talk: JSON objects, one a line, over a Unix socket on this computer."""

import asyncio
import json
from typing import Any, cast

Message = dict[str, Any]


class Line:
    """One end of the conversation."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk over an open connection."""
        self._reader = reader
        self._writer = writer

    def say(self, **message: object) -> None:
        """Send a message."""
        self._writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    async def hear(self) -> Message | None:
        """Wait for the next message; None when the other end has gone."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        return cast("Message", json.loads(line)) if line else None

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
