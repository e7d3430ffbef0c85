"""How samples look: one file a kind, each ending in its `PICTURE`; see `app.screen.pictures.picture`."""

from app.screen.pictures import frame, image, letters, patch, point
from app.screen.pictures.picture import Picture
from models.model import Model

PICTURES: dict[str, Picture] = {module.PICTURE.id: module.PICTURE for module in (image, point, frame, patch, letters)}


def check(model: Model) -> None:
    """Raise ValueError unless the picture is known and the samples are what it needs."""
    if model.picture not in PICTURES:
        raise ValueError(f"model {model.id!r}: picture is {model.picture!r}; choose one of {', '.join(PICTURES)}")
    for holds, otherwise in PICTURES[model.picture].needs(model):
        if not holds:
            raise ValueError(f"model {model.id!r}: {otherwise}")
