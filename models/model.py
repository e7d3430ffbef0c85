"""Reads a model folder and checks that it is complete.

A folder holds the network (``model.onnx``), what it is scored on (``evaluation.npz``), unlabelled training samples for
methods that calibrate (``calibration.npz``), what is said of it (``model.toml``) and its card (``README.md``). Only
NumPy is needed here: what the ONNX file says inside is the business of ``app/network``.

In the page every folder holds what is said of it from the start, and the rest, `HEAVY`, only once the model has
been chosen: ``info`` is for menus, ``load`` for whoever has waited for the model (``app/pipeline/fetching.py``).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

import models
from models import card_numbers
from models.beside import Beside, at
from models.metrics import METRICS

HEAVY = ("model.onnx", "evaluation.npz", "calibration.npz")
FILES = ("model.toml", *HEAVY, "README.md")
KEYS = ("label", "summary", "task", "metric", "classes", "picture", "picture_shape")
EFFORTS = "efforts/weights.npz"  # of models that have checkpoints, see ``models/checkpoints.py``
MORE_KEYS = ("row", "threshold", "checkpoints")  # that only some models need
SIDE = 32  # cells along the longer side of a picture at most; larger samples are thinned out


@dataclass(frozen=True)
class Threshold:
    """What a dynamic model decides by (see `models.dynamic`): how sure its first part must be for a sample to stop.

    label : what the slider is called
    low, high : its ends
    own : where it stands in the model's own file
    """

    label: str
    low: float
    high: float
    own: float


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelInfo:
    """What is said of a model before it is here.

    Attributes
    ----------
    id : str, as in ``MODELS`` and in links
    label : str, a few words for the menu
    summary : str, one sentence for the learner
    task : str, as in ``app/tasks``, such as "classification", which says what the samples and labels must be
    metric : str, as in ``models/metrics``, such as "accuracy"
    classes : tuple of str, one per output, in the order of the logits; () where the outputs are no classes
    picture : str, how to draw one sample, as in ``app/screen/pictures``, such as "image"
    picture_shape : tuple of int, (height, width) of an image; () for a point
    card : str, the README of the folder, Markdown
    row : int, how many samples in a row belong together: the frames of a clip, the patches across a photograph; 1 if
        each stands alone
    threshold : Threshold of a dynamic model; None if every sample goes all the way
    checkpoints : tuple of str, what it was also trained for: technique and strength, such as "quantize-2"
    prepare : plain JSON, how a person's own model is fed, see ``app/state/preparation.py``; {} of ours
    """

    id: str
    label: str
    summary: str
    task: str
    metric: str
    classes: tuple[str, ...]
    picture: str
    picture_shape: tuple[int, ...]
    card: str
    row: int = 1
    checkpoints: tuple[str, ...] = ()
    threshold: Threshold | None = None
    prepare: Mapping = field(default_factory=dict)

    @cached_property
    def numbers(self):
        """What the card says of the model uncompressed: `CardNumbers`; None if it has no numbers."""
        return card_numbers.read(self.card, METRICS[self.metric])


@dataclass(frozen=True, eq=False, kw_only=True)  # compared by identity: arrays have no single answer to ==
class Model(ModelInfo):
    """A trained network with everything needed to compress, run, score and show it.

    Attributes
    ----------
    onnx : bytes of the ONNX file; input ``x``, output ``y``, such as logits of shape (N, number of classes)
    inputs : ndarray of float32, shape (N, ...), held-out samples, never trained on; read-only
    labels : ndarray, shape (N, ...), what is right: int64 indices into ``classes``, or float32 quantities; read-only
    calibration : ndarray of float32, shape (M, ...), training samples without labels; read-only
    beside : what further inputs of a person's own model get along with `inputs`, see ``models/beside.py``
    calibration_beside : the same along with `calibration`
    prepared : plain JSON, all that was done to feed a person's own model, each number of it; {} of ours
    """

    onnx: bytes
    inputs: np.ndarray
    labels: np.ndarray
    calibration: np.ndarray
    beside: Beside = field(default_factory=dict)
    calibration_beside: Beside = field(default_factory=dict)
    prepared: Mapping = field(default_factory=dict)

    def beside_at(self, rows):
        """What further inputs get along with some samples of the evaluation set; `rows` picks them as NumPy does."""
        return at(self.beside, len(self.inputs), rows)

    def scores(self, outputs):
        """What is scored and shown of what the file puts out: that itself, if the file is one of ours."""
        return outputs

    def pictures(self, indices):
        """Samples as grey pictures, whatever they are: float32, shape (k, height, width), 0 to 1. Not for points.

        Values beyond 0 to 1 are scaled to it over the whole set, but for the utmost hundredth; channels are averaged; a
        row of numbers is a strip.
        """
        return self.pictured(self.inputs[indices])

    def pictured(self, samples):
        """Any samples as `pictures` shows those of the evaluation set: float32, shape (k, height, width), 0 to 1."""
        height, width = self.picture_shape
        low, high = self._span
        channels = self.inputs[0].size // (height * width)
        samples = samples.reshape(len(samples), channels, height, width).mean(axis=1)
        samples = (samples - low) / (high - low)
        thin = -(-max(height, width) // SIDE)
        return np.clip(samples, 0, 1)[:, ::thin, ::thin]

    @cached_property
    def _span(self):
        low, high = float(self.inputs.min()), float(self.inputs.max())
        if low >= 0 and high <= 1:
            return 0.0, 1.0
        low, high = np.percentile(self.inputs, [0.5, 99.5])
        return low, max(high, low + 1e-6)

    def __reduce__(self):
        """A pickled model is its id: what refers to a model never carries a copy of it."""
        return load, (self.id,)


_added = {}  # models that a person has brought into this session, by id


def add(model):
    """Make a person's own model known to `load`."""
    _added[model.id] = model


def ids():
    """The ids of all models there are: ours in menu order, then a person's own."""
    return (*models.MODELS, *_added)


def load(id):
    """The model called ``id``; read once, then shared.

    Raises
    ------
    ValueError
        If there is no such model, or its folder is incomplete or contradicts itself.

    Examples
    --------
    >>> model = load("digits-mlp")
    >>> model.inputs.shape, model.labels.shape, len(model.classes)
    ((360, 64), (360,), 10)
    """
    return _added[id] if id in _added else _shipped(id)


def info(id):
    """What is said of the model called ``id``, which need not be here; read once. Raises ValueError, see ``load``."""
    return _added[id] if id in _added else _shipped_info(id)


def is_here(pack):
    """Whether the files of a model are here, or of ``<id>/efforts``. Raises ValueError if there is no such model."""
    id, _, efforts = pack.partition("/")
    return id in _added or all((folder_of(id) / name).is_file() for name in ((EFFORTS,) if efforts else HEAVY))


@cache
def _shipped(id):
    return read(folder_of(id))


@cache
def _shipped_info(id):
    folder = folder_of(id)
    return ModelInfo(id=id, **_entries(id, folder / "model.toml"), card=_card(folder))


def folder_of(id):
    """Where the files of one of our models are. Raises ValueError, see ``load``."""
    if id not in models.MODELS:
        raise ValueError(f"there is no model {id!r}; choose one of {', '.join(ids())}")
    return Path(__file__).parent / id.replace("-", "_")


def read(folder):
    """The model in ``folder``, a Path; its id is the folder's name with hyphens. Raises ValueError, see ``load``."""
    id = folder.name.replace("_", "-")
    missing = [name for name in FILES if not (folder / name).is_file()]
    _check(not missing, id, f"{', '.join(missing)} missing from its folder; a model needs {', '.join(FILES)}")
    entries = _entries(id, folder / "model.toml")
    inputs, labels = _arrays(id, folder / "evaluation.npz", "inputs", "labels")
    (calibration,) = _arrays(id, folder / "calibration.npz", "inputs")
    model = Model(
        id=id,
        **entries,
        onnx=(folder / "model.onnx").read_bytes(),
        inputs=inputs,
        labels=labels,
        calibration=calibration,
        card=_card(folder),
    )
    _check_agreement(model)
    return model


def _card(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def _entries(id, path):
    """The entries of model.toml, lists as tuples."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"model {id!r}: model.toml is not valid TOML: {error}") from error
    missing = [key for key in KEYS if key not in entries]
    _check(not missing, id, f"model.toml does not say {', '.join(missing)}")
    known = (*KEYS, *MORE_KEYS)
    unknown = [key for key in entries if key not in known]
    _check(not unknown, id, f"model.toml says {', '.join(unknown)}, which is not known; it may say {', '.join(known)}")
    if "threshold" in entries:
        given, needed = entries["threshold"], [entry.name for entry in fields(Threshold)]
        _check(isinstance(given, dict) and sorted(given) == sorted(needed), id, f"threshold needs {', '.join(needed)}")
        entries["threshold"] = Threshold(**given)
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entries.items()}


def _arrays(id, path, *names):
    """The named arrays of an .npz file, read-only, in the order asked for: float32, but int64 for labels that count."""
    try:
        with path.open("rb") as file:  # not np.load, which leaves a broken file open and takes other kinds
            stored = dict(NpzFile(file))
    except (ValueError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(f"model {id!r}: {path.name} is not an .npz file NumPy can read: {error}") from error
    missing = [name for name in names if name not in stored]
    _check(not missing, id, f"{path.name} lacks the array {', '.join(missing)}; it holds {', '.join(stored)}")
    whole = {name for name in names if name == "labels" and stored[name].dtype.kind in "iu"}
    arrays = [stored[name].astype(np.int64 if name in whole else np.float32) for name in names]
    for array in arrays:
        array.setflags(write=False)
    return arrays


def _check_agreement(model):
    """Refuse a model whose files contradict each other; what its task asks for besides, ``app/tasks`` checks."""
    inputs, sample = model.inputs, model.inputs.shape[1:]
    for holds, otherwise in (
        (len(model.onnx) > 0, "model.onnx is empty"),
        (len(inputs) > 0 and model.labels.shape[:1] == inputs.shape[:1],
         f"evaluation.npz needs one label per sample; inputs {inputs.shape}, labels {model.labels.shape}"),
        (model.calibration.shape[1:] == sample,
         f"calibration samples have shape {model.calibration.shape[1:]}, evaluation samples {sample}"),
        (np.isfinite(inputs).all() and np.isfinite(model.calibration).all(), "every input must be finite"),
        (type(model.row) is int and model.row > 0 and len(inputs) % model.row == 0,
         f"row is {model.row}; choose a whole number that divides {len(inputs)}, the number of samples"),
    ):  # fmt: skip
        _check(holds, model.id, otherwise)


def _check(holds, id, otherwise):
    """Raise a ValueError that names the model unless the condition holds."""
    if not holds:
        raise ValueError(f"model {id!r}: {otherwise}")
