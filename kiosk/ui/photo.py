"""A JPEG as a texture. Refuses what is not a picture by giving None."""

import io
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.graphics.texture import Texture


def photo_texture(jpeg: bytes) -> Texture | None:
    """Decode a JPEG; None when it cannot be decoded, so that the screen shows its drawing instead."""
    try:
        image = CoreImage(io.BytesIO(jpeg), ext="jpg", nocache=True)
        texture: Any = image.texture
    except Exception:  # noqa: BLE001 - SDL_image reports a broken file as a bare Exception
        return None
    if texture is not None:
        texture.min_filter = texture.mag_filter = "linear"
    return texture
