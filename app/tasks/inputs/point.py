"""A point of the plane, dragged to where one wonders what is there."""

from __future__ import annotations

import numpy as np

from app.results.attempt import Setting
from app.tasks.inputs.input import Input

EDGE = 1.1  # of the picture, as `app.screen.pictures.point` draws it

INPUT = Input(
    id="point",
    label="a point",
    hint="Drag the point, or move it with the arrow keys.",
    fits=lambda model: model.picture == "point",
    settings=lambda model, index, learnt: tuple(Setting(axis, axis, -1, 1, 0.04, 0) for axis in "xy"),
    samples=lambda model, index, values: (np.array([[values["x"], values["y"]]], np.float32), None),
    box=(-EDGE, EDGE, EDGE, -EDGE),
)
