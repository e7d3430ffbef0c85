"""A kind of picture says what the samples of a model must be to be drawn."""

from dataclasses import replace

import pytest

from app.screen.pictures import check
from models.model import load


@pytest.mark.parametrize("model", ["digits-mlp", "tracker", "denoiser", "words"])
@pytest.mark.parametrize(
    "damage, message",
    [
        ({"picture": "sound"}, "picture is 'sound'; choose one of image"),
        ({"picture_shape": (3, 3), "picture": "frame"}, "cannot be drawn as one frame of 9 values"),
    ],
)
def test_a_model_that_cannot_be_drawn_is_explained(model, damage, message):
    check(load(model))
    with pytest.raises(ValueError, match=message):
        check(replace(load(model), **damage))
