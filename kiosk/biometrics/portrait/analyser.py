"""From a frame to what can be measured on the face in it."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.aligned import FAST_SIDE, FULL_SIDE, Aligned, align
from kiosk.biometrics.portrait.background import backdrop, clothing_contrast, uniformity
from kiosk.biometrics.portrait.detector import Detector, FoundFace, in_the_middle, joined, with_small_faces
from kiosk.biometrics.portrait.dress import worn
from kiosk.biometrics.portrait.errors import BadFrame
from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.geometry import (
    camera_distance_m,
    crop_margins,
    eyes_open,
    gaze,
    head_size,
    inter_eye_distance,
    mouth_open,
    t_metric,
)
from kiosk.biometrics.portrait.landmarks import Points
from kiosk.biometrics.portrait.light import cheek_light, face_light, scene_light
from kiosk.biometrics.portrait.mesh import Irises, Mesh, square_around, square_of
from kiosk.biometrics.portrait.models import FOLDER
from kiosk.biometrics.portrait.person import PersonFinder
from kiosk.biometrics.portrait.pose import Pose, pose_of
from kiosk.biometrics.portrait.reading import Depth, FaceReading, View
from kiosk.biometrics.portrait.sharpness import sharpness
from kiosk.biometrics.portrait.watching import is_black

_LEAST_SIDE_PX: Final = 32
_LEAST_SURE: Final = 0.5
#: More faces than these are a crowd, and the largest are enough to know it.
_MOST_FACES: Final = 6
_SHARPNESS_SIDE: Final = FULL_SIDE // 2
#: Twice a second, half the standard's size will do; its background uniformity is left to the shot.
_PREVIEW_SIDE: Final = FULL_SIDE // 2
#: At the full size, eyes are this many pixels apart: with fewer in the frame, fine sharpness cannot be told.
_FULL_INTER_EYE_PX: Final = 113
ONE_TO_ONE: Final = View()
#: What OpenCV may use: the screen and the camera need cores too, and with more the small nets are no faster.


THREADS: Final = 2


class Analyser:
    """The nets and all measures. One for each thread that analyses; opening one takes about 50 ms."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the nets. Raises ModelsMissing."""
        cv2.setNumThreads(THREADS)
        self._detector = Detector(folder)
        self._mesh = Mesh(folder)
        self._irises = Irises(folder)
        self._person = PersonFinder(folder)

    def analyse(self, rgb: Pixels, view: View = ONE_TO_ONE, *, depth: Depth = Depth.QUICK) -> FaceReading:
        """Read one frame: height x width x 3 bytes, R G B, rows from the top. Raises BadFrame."""
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or min(rgb.shape[:2]) < _LEAST_SIDE_PX:
            raise BadFrame(f"a frame must be height x width x 3 bytes and {_LEAST_SIDE_PX} pixels a side or more")
        high, wide = rgb.shape[:2]
        faces = in_the_middle(self._detector, rgb)
        if not faces or depth is not Depth.QUICK:
            faces = joined(faces, self._detector.faces(rgb))
        if depth is Depth.SHOT:
            faces = with_small_faces(self._detector, rgb, faces)
        faces, points = self._confirmed(rgb, faces, depth)
        if points is None:
            return FaceReading(wide, high, depth, black=is_black(rgb), measures={"face_count": 0.0})
        pose = pose_of(points)
        read = FaceReading(wide, high, depth, faces=faces, points=points, pose=pose)
        measures = {**_many(faces), **_geometry(points, pose, (wide, high), view)}
        if depth is Depth.QUICK:
            aligned = align(rgb, points, FAST_SIDE)
            measures |= face_light(aligned) | cheek_light(aligned)
            measures |= scene_light(aligned, None) | {"sharpness_preview": sharpness(aligned)}
            return replace(read, measures=measures)
        return self._full(rgb, replace(read, measures=measures), points)

    def _full(self, rgb: Pixels, read: FaceReading, points: Points) -> FaceReading:
        pupils, person = self._irises.pupils(rgb, points), self._person.mask(rgb)
        across, down = gaze(points, pupils)
        aligned = align(rgb, points, FULL_SIDE if read.depth is Depth.SHOT else _PREVIEW_SIDE)
        masked = aligned.also(person, (read.width_px, read.height_px))
        measures = {**read.measures, "gaze_across": across, "gaze_down": down}
        measures |= face_light(aligned) | cheek_light(aligned) | worn(aligned, masked) | _behind(aligned, masked)
        measures |= scene_light(aligned, measures.get("background_level"))
        if read.depth is Depth.SHOT:
            measures["sharpness"] = sharpness(align(rgb, points, _SHARPNESS_SIDE))
            if inter_eye_distance(points) >= _FULL_INTER_EYE_PX:
                measures["sharpness_fine"] = sharpness(aligned)
        else:
            measures["sharpness_preview"] = sharpness(align(rgb, points, FAST_SIDE))
        return replace(read, pupils=pupils, person=person, measures=measures)

    def _confirmed(
        self, rgb: Pixels, faces: tuple[FoundFace, ...], depth: Depth
    ) -> tuple[tuple[FoundFace, ...], Points | None]:
        """Keep the faces in which the second net sees one too, and give the largest one's points."""
        kept: list[FoundFace] = []
        largest: Points | None = None
        for face in faces[:_MOST_FACES]:
            points, sure = self._mesh.points(rgb, square_of(face))
            if depth is Depth.SHOT and largest is None:
                # The square from the mesh is steadier than the detector's: look once more.
                points, sure = self._mesh.points(rgb, square_around(points))
            if sure >= _LEAST_SURE and t_metric(points) > 1 and np.isfinite(points).all():
                kept.append(face)
                largest = points if largest is None else largest
        return tuple(kept), largest


def _many(faces: tuple[FoundFace, ...]) -> dict[str, float]:
    """Count faces; the second one's size against the first's is ISO/IEC 29794-5's single face measure (OFIQ)."""
    second = (faces[1].area / max(1e-6, faces[0].area)) ** 0.5 if len(faces) > 1 else 0.0
    return {"face_count": float(len(faces)), "other_face": second}


def _geometry(points: Points, pose: Pose, size: tuple[int, int], view: View) -> dict[str, float]:
    found = {
        "inter_eye_distance": inter_eye_distance(points, pose.yaw) * view.shot_scale,
        "head_size": head_size(points, size[1]),
        **crop_margins(points, *size),
        "eyes_open": eyes_open(points),
        "mouth_open": mouth_open(points),
        "roll": pose.roll,
        "yaw": pose.yaw,
        "pitch": pose.pitch,
    }
    if view.focal_share is not None:
        found["camera_distance_m"] = camera_distance_m(points, pose.yaw, view.focal_share * max(size))
    return found


def _behind(aligned: Aligned, masked: np.ndarray) -> dict[str, float]:
    found = backdrop(aligned, masked)
    for name, value in (
        ("background_uniformity", uniformity(aligned, masked) if aligned.side == FULL_SIDE else None),
        ("clothing_contrast", clothing_contrast(aligned, masked)),
    ):
        if value is not None:
            found[name] = value
    return found
