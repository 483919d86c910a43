"""The test face with another skin, and in another light: what a darker skin reflects, and what a lamp sends, differ."""

import cv2
import numpy as np

from kiosk.biometrics.portrait import Pixels

_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
_MOUTH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)


def skin_of(picture: Pixels, points: np.ndarray) -> np.ndarray:
    """Give how much each pixel is skin, 0..1: the face and the neck, without eyes, mouth and hair."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points[list(_OVAL), :2].astype(np.int32)), 255)
    colour = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    cheek = colour[int(points[50, 1]), int(points[50, 0])]
    alike = np.hypot(*(colour[:, :, 1:] - cheek[1:]).transpose(2, 0, 1)) < 12
    alike &= colour[:, :, 0] > cheek[0] * 0.6
    near = np.zeros_like(mask)
    x, y = points[:, :2].mean(axis=0)
    high = float(points[152, 1] - points[10, 1])
    cv2.ellipse(near, (int(x), int(y + high * 0.3)), (int(high * 0.6), int(high * 0.9)), 0, 0, 360, 255, -1)
    mask[(alike & (near > 0))] = 255
    for hole in (_RIGHT_EYE, _LEFT_EYE, _MOUTH):
        cv2.fillPoly(mask, [points[list(hole), :2].astype(np.int32)], 0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0), np.float64) / 255


def to_linear(picture: np.ndarray) -> np.ndarray:
    share = picture / 255
    return np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)


def to_pixels(linear: np.ndarray) -> Pixels:
    linear = np.clip(linear, 0, 1)
    share = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)
    return np.round(share * 255).astype(np.uint8)


def with_skin(picture: Pixels, points: np.ndarray, reflectance: float) -> Pixels:
    """Let the skin alone reflect that share of what it did; a little gloss on it stays as it is."""
    skin = skin_of(picture, points)[:, :, None]
    return to_pixels(to_linear(picture) * (1 - skin * (1 - reflectance)))


def in_light(picture: Pixels, light: float) -> Pixels:
    """Let the whole scene have that share of its light."""
    return to_pixels(to_linear(picture) * light)


def from_the_side(picture: Pixels, points: np.ndarray, least: float) -> Pixels:
    """Let the light fall off across the face, down to that share on the sitter's left."""
    left, right = float(points[234, 0]), float(points[454, 0])
    along = np.clip((np.arange(picture.shape[1]) - left) / (right - left), 0, 1)
    return to_pixels(to_linear(picture) * (1 - (1 - least) * along)[None, :, None])
