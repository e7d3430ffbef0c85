"""How samples look: one file a kind, each ending in its `PICTURE`; see `app.pictures.picture`."""

from app.pictures import frame, image, letters, patch, point
from app.pictures.picture import Picture

PICTURES: dict[str, Picture] = {module.PICTURE.id: module.PICTURE for module in (image, point, frame, patch, letters)}
