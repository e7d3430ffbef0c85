"""What torch writes, by its older exporter (TorchScript) and by its newer one (dynamo)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from io import BytesIO

import numpy as np

from tests.files.file import File

PICTURES, ROWS, SEQUENCE = (3, 16, 16), (20,), (12, 8)


def files() -> Iterator[File]:
    """Needs torch; the newer exporter needs onnxscript."""
    import torch

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # else it says for each file what is not installed

    for name, (net, shape) in networks().items():
        torch.manual_seed(0)
        made = net().eval()
        sample = torch.zeros(2, *shape) if name != "tokens" else torch.ones(2, *shape, dtype=torch.int64)
        for dynamo in (False, True):
            tool = "torch dynamo" if dynamo else "torch script"
            yield File(f"{tool}: {name}", exported(made, sample, dynamo))
    net, shape = networks()["cnn"]
    for batch in (1, 8):
        sample = torch.zeros(batch, *shape)
        yield File(f"torch script: fixed batch of {batch}", exported(net().eval(), sample, False, fixed=True))
        inputs = np.random.default_rng(0).random((20, *shape), np.float32)
        yield File(f"torch script: fixed batch of {batch}, 20 samples",
                   exported(net().eval(), sample, False, fixed=True), inputs, np.arange(20) % 5)  # fmt: skip
    yield File("torch dynamo: fixed batch", exported(net().eval(), torch.zeros(1, *shape), True, fixed=True))
    for opset in (9, 11, 13, 17):
        yield File(f"torch script: cnn, opset {opset}", exported(net().eval(), torch.zeros(2, *shape), False, opset))
    rng = np.random.default_rng(1)
    pictures, rows = rng.random((22, *PICTURES), np.float32), rng.standard_normal((22, 4)).astype(np.float32)
    for dynamo in (False, True):
        tool = "torch dynamo" if dynamo else "torch script"
        yield File(f"{tool}: two inputs and outputs, both given", two_of_each(dynamo), pictures, np.arange(22) % 5,
                   beside={"row": rows})  # fmt: skip
        maps = exported(segmenting().eval(), torch.zeros(2, *PICTURES), dynamo)
        yield File(f"{tool}: a class for each pixel, labels", maps, pictures, rng.integers(0, 4, (22, 16, 16)))
    yield File("torch script: half", exported(net().eval().half(), torch.zeros(2, *shape).half(), False))
    yield File("torch dynamo: bfloat16", exported(net().eval().bfloat16(), torch.zeros(2, *shape).bfloat16(), True))


def exported(net, sample, dynamo: bool, opset: int | None = None, fixed: bool = False) -> bytes:
    """The file of a network; the number of samples is open unless it is `fixed`."""
    import torch

    names = {"input_names": ["x"], "output_names": ["y"]}
    open_sizes = {} if fixed else {"dynamic_axes": {"x": {0: "N"}, "y": {0: "N"}}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            open_sizes = {} if fixed else {"dynamic_shapes": ({0: torch.export.Dim("N")},)}
            return torch.onnx.export(
                net, (sample,), dynamo=True, verbose=False, **names, **open_sizes
            ).model_proto.SerializeToString()
        file = BytesIO()
        torch.onnx.export(net, (sample,), file, dynamo=False, opset_version=opset, **names, **open_sizes)
    return file.getvalue()


def two_of_each(dynamo: bool) -> bytes:
    """A network that reads a picture and a row beside it, and puts out scores and what it says before them."""
    import torch
    from torch import nn

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc, self.last = nn.Conv2d(3, 8, 3), nn.Linear(12, 16), nn.Linear(16, 5)

        def forward(self, x, row):
            hidden = self.fc(torch.cat([torch.relu(self.conv(x)).mean((2, 3)), row], dim=1))
            return self.last(torch.relu(hidden)), hidden

    net, samples = Both().eval(), (torch.zeros(2, *PICTURES), torch.zeros(2, 4))
    names = {"input_names": ["x", "row"], "output_names": ["y", "hidden"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            open_sizes = ({0: torch.export.Dim("N")},) * 2
            program = torch.onnx.export(net, samples, dynamo=True, verbose=False, dynamic_shapes=open_sizes, **names)
            return program.model_proto.SerializeToString()
        file, axes = BytesIO(), {name: {0: "N"} for each in names.values() for name in each}
        torch.onnx.export(net, samples, file, dynamo=False, dynamic_axes=axes, **names)
    return file.getvalue()


def segmenting():
    """A network that goes down to a quarter of the pixels and up again: a score of four classes for each."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
        nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 1),
    )  # fmt: skip


def networks():
    """Networks by name, each with the shape of a sample."""
    import torch
    from torch import nn

    class Of(nn.Module):
        """A module whose forward is a function."""

        def __init__(self, forward, **parts):
            super().__init__()
            self.parts, self.way = nn.ModuleDict(parts), forward

        def forward(self, x):
            return self.way(self.parts, x)

    def cnn(norm=True):
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), *([nn.BatchNorm2d(8)] if norm else []), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 5),
        )  # fmt: skip

    def viewed():
        parts = {"conv": nn.Conv2d(3, 8, 3, padding=1), "fc": nn.Linear(8 * 256, 5)}
        return Of(lambda p, x: p["fc"](torch.relu(p["conv"](x)).view(x.shape[0], -1)), **parts)

    def residual():
        parts = {"a": nn.Conv2d(3, 8, 3, padding=1), "b": nn.Conv2d(8, 8, 3, padding=1), "fc": nn.Linear(8, 5)}
        return Of(lambda p, x: p["fc"]((p["a"](x) + p["b"](torch.relu(p["a"](x)))).mean((2, 3))), **parts)

    def mobile():
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Hardswish(), nn.Conv2d(8, 8, 3, padding=1, groups=8),
            nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 16, 1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(16, 5),
        )  # fmt: skip

    def autoencoder():
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.ConvTranspose2d(8, 3, 2, stride=2), nn.Sigmoid()
        )

    def recurrent(kind, **more):
        width = 16 * (2 if more.get("bidirectional") else 1)
        parts = {"rnn": kind(8, 16, batch_first=True, **more), "fc": nn.Linear(width, 5)}
        return lambda: Of(lambda p, x: p["fc"](p["rnn"](x)[0][:, -1]), **parts)

    def attention():
        return nn.Sequential(
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0), nn.Flatten(), nn.Linear(96, 5)
        )

    def tokens():
        parts = {"embed": nn.Embedding(50, 16), "fc": nn.Linear(16, 5)}
        return Of(lambda p, x: p["fc"](p["embed"](x).mean(1)), **parts)

    def patches():
        parts = {"embed": nn.Conv2d(3, 16, 4, stride=4), "norm": nn.LayerNorm(16), "fc": nn.Linear(16, 5)}
        return Of(lambda p, x: p["fc"](p["norm"](p["embed"](x).flatten(2).transpose(1, 2)).mean(1)), **parts)

    return {
        "mlp": (lambda: nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 5)), ROWS),
        "mlp, softmax": (lambda: nn.Sequential(nn.Linear(20, 32), nn.GELU(), nn.Linear(32, 5), nn.Softmax(1)), ROWS),
        "one logit": (lambda: nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 1)), ROWS),
        "one probability": (lambda: nn.Sequential(nn.Linear(20, 32), nn.Linear(32, 1), nn.Sigmoid()), ROWS),
        "one number, flat": (lambda: nn.Sequential(nn.Linear(20, 32), nn.Linear(32, 1), nn.Flatten(0)), ROWS),
        "cnn": (cnn, PICTURES),
        "cnn, viewed": (viewed, PICTURES),
        "residual": (residual, PICTURES),
        "mobile": (mobile, PICTURES),
        "autoencoder": (autoencoder, PICTURES),
        "lstm": (recurrent(nn.LSTM), SEQUENCE),
        "lstm, both ways": (recurrent(nn.LSTM, bidirectional=True, num_layers=2), SEQUENCE),
        "gru": (recurrent(nn.GRU), SEQUENCE),
        "rnn": (recurrent(nn.RNN), SEQUENCE),
        "transformer": (attention, SEQUENCE),
        "tokens": (tokens, (12,)),
        "conv 1d": (lambda: nn.Sequential(nn.Conv1d(12, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(96, 5)), SEQUENCE),
        "patches": (patches, PICTURES),
    }
