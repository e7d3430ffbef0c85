"""The kinds of input: what one looks like, how it is changed by lot, and what takes it.

`TAKES[kind](input)` returns nothing, or raises what a person would be told of. An input is bytes; texts are UTF-8.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from random import Random
from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import onnx
from onnx import helper

from app.pipeline import own_model
from app.pipeline.attempts import Attempts
from app.pipeline.own_samples import Brought
from app.pipeline.predict import predict
from app.results import history_file
from app.results.history import History
from app.runtime.native import NativeRuntime
from app.site import verbs
from app.site.session import Session
from app.state import link
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store
from app.tasks.inputs import attempt_of
from models import model as models
from tests.files.hand_files import files as hand_files
from tests.files.hand_files import two_inputs
from tests.fuzz import lots
from tests.made.networks import cnn, mlp
from tests.made.slow import Slow, result_of

LINKS = (
    "?v=1&model=digits-cnn&recipe=prune,sparsity:0.7;palettize,bits:4&keep=fc2&view=weights&seed=7",
    "?lesson=bits&stop=3&who=Ada",
    "?v=1&recipe=quantize,bits:6,granularity:per_block,block_size:16&size=9000&score=0.9",
    "?recipe=structured,sparsity:0.3;repair&layers=fc1,quantize,bits:3&compare=digits-cnn&x=energy&y=worst&device=phone",
    "?task=digits-mlp,size:50000&hidden=model,budget&title=A&text=B&class_seed=7&by=class&sample=3&weight=fc1:12",
)  # fmt: skip
CHANGES = (
    {"recipe": [{"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 3}], "view": "layers"},
    {"layers": {"fc1": {"skip": True}, "fc2": {"quantize": {"bits": 3}}}, "budget": {"bytes": 9000, "score": 0.9}},
    {"task": {"model": "digits-mlp", "score": 0.9}, "hidden": ["model"], "title": "T", "device": "phone", "x": "size"},
    {"model": "digits-early-exit", "threshold": 0.5, "effort": "fine_tuned", "seed": 3, "guess": 2, "who": "Ada"},
)
INPUTS = (
    ("digits-mlp", {"input": "drawn", "ink": [0.5] * 64}),
    ("spirals", {"x": 0.2, "y": -0.4}),
    ("words", {"text": "pla"}),
    ("tracker", {"x": 3, "y": 4, "noise": 0.1}),
    ("digits-cnn", {"input": "perturbed", "right": 1, "noise": 0.2, "luck": 3}),
)
LOADS = (
    {"name": "wine.onnx", "label": "c3", "prepare": "imagenet"},
    {"prepare": {"input": "x", "output": "y", "size": [8, 8], "layout": "last", "pixels": "caffe"}},
    {"prepare": {"size": "6 x 6", "layout": "first", "scale": 255, "mean": [1, 2, 3], "deviation": 2, "order": "bgr"}},
    {"name": "", "label": "", "prepare": {"pixels": "mnist", "mean": "0.5, 0.5, 0.5", "deviation": 1}},
)
SAMPLES = (
    [0.5] * 64, [[0.0] * 8] * 8, {"input": "drawn", "ink": [0.5] * 64}, {"down": 1, "brightness": 0.1},
    {"input": "perturbed", "right": 1, "noise": 0.2, "luck": 3},
)  # fmt: skip
VERBS = {
    "set": 1, "mark": 2, "curve": 2, "lesson": 2, "check": 0, "differs": 0, "cancel": 0, "bytes": 0,
    "recall": 1, "take": 1,
}  # fmt: skip
"""Verbs that scripts, or pages around, may ask for with whatever they like, and how much that is."""
BUILD = "a build"


@cache
def files() -> tuple[bytes, ...]:
    """ONNX files of many kinds."""
    return tuple(file.onnx for file in hand_files() if not file.name.startswith("part"))


@cache
def samples() -> tuple[bytes, ...]:
    """Samples for `mlp()`: arrays, a table, pictures."""
    rng = np.random.default_rng(0)
    arrays, pictures = BytesIO(), BytesIO()
    np.savez(arrays, inputs=rng.standard_normal((20, 13)).astype(np.float32), labels=np.arange(20) % 5)
    with ZipFile(pictures, "w") as archive:
        for i in range(4):
            archive.writestr(f"{'ab'[i % 2]}/{i}.png", b"\x89PNG\r\n\x1a\n" + rng.bytes(30))
    head = ",".join([*(f"c{i}" for i in range(13)), "label"])
    rows = [",".join([*(f"{x:.2f}" for x in rng.standard_normal(13)), str(i % 5)]) for i in range(20)]
    return arrays.getvalue(), "\n".join([head, *rows]).encode(), pictures.getvalue()


# ---- what is made by lot ---------------------------------------------------------------------------------------------


def file_of_bytes(lot: Random) -> bytes:
    return lots.bytes_changed(lot, lot.choice(files()))


def file_of_fields(lot: Random) -> bytes:
    data = lot.choice(files())
    for _ in range(lot.choice((1, 1, 1, 2, 5))):
        data = lots.fields_changed(lot, data)
    return data


def file_of_graph(lot: Random) -> bytes:
    """A network whose nodes are others, in other places, with other names and attributes."""
    model = onnx.load_model_from_string(lot.choice(files()))
    graph = model.graph
    names = [name for node in graph.node for name in (*node.input, *node.output)] or ["x"]
    ops = ["Gemm", "MatMul", "Conv", "Reshape", "Split", "Loop", "If", "Scan", "Identity", "Cast", "Gather", "LSTM"]
    for _ in range(lot.choice((1, 1, 2, 4))):
        if not graph.node:
            break
        node = lot.choice(graph.node)
        how = lot.randrange(9)
        if how == 0:
            node.op_type = lot.choice((*ops, *(other.op_type for other in graph.node)))
        elif how == 1 and node.input:
            node.input[lot.randrange(len(node.input))] = lot.choice((*names, ""))
        elif how == 2 and node.output:
            node.output[lot.randrange(len(node.output))] = lot.choice((*names, ""))
        elif how == 3:
            graph.node.remove(node)
        elif how == 4:
            graph.node.insert(lot.randrange(len(graph.node)), node)
        elif how == 5 and graph.initializer:
            tensor = lot.choice(graph.initializer)
            tensor.dims[:] = [lot.choice((0, 1, 3, -1, 2**31, 2**40, *tensor.dims)) for _ in range(lot.randrange(5))]
        elif how == 6:
            value = lot.choice((0, -1, 2**40, [1, 0], [-1], [2**62] * 2, 0.0, float("nan"), "x", [], graph))
            name = lot.choice((*(a.name for a in node.attribute), "axis", "transB", "group", "pads", "body", "perm"))
            if value != []:
                node.attribute.append(helper.make_attribute(name, value))
        elif how == 7 and graph.input:
            shape = lot.choice(graph.input).type.tensor_type.shape
            for size in shape.dim:
                size.dim_value = lot.choice((0, 1, -1, 2**31, 2**62, size.dim_value))
        elif how == 8:
            node.domain = lot.choice(("packed", "com.microsoft", "ai.onnx.ml", "x"))
            model.opset_import.append(helper.make_opsetid(node.domain, lot.choice((1, 21, 99))))
    return model.SerializeToString()


def sample_file(lot: Random) -> bytes:
    return lots.archive_changed(lot, lot.choice(samples()))


def address(lot: Random) -> bytes:
    text = lot.choice(LINKS)
    for _ in range(lot.choice((1, 2, 5))):
        text = lots.text_changed(lot, text)
    return text.encode("utf-8", "replace")


def change(lot: Random) -> bytes:
    value = lot.choice(CHANGES)
    for _ in range(lot.choice((1, 1, 3))):
        value = lots.json_changed(lot, value)
    return lots.as_json(value).encode()


def message(lot: Random) -> bytes:
    verb, count = lot.choice(list(VERBS.items()))
    return lots.as_json([verb, [lot.choice((*lots.ODD, *CHANGES, *LINKS)) for _ in range(count)]]).encode()


def own_input(lot: Random) -> bytes:
    """What `playground.predict` is told."""
    id, told = lot.choice(INPUTS)
    return lots.as_json([id, lots.json_changed(lot, told)]).encode()


def opening(lot: Random) -> bytes:
    """What `playground.load` is told besides files, and which files it is given."""
    told = lots.json_changed(lot, lot.choice(LOADS))
    told = {name: told[name] for name in ("name", "label", "prepare") if name in told} if isinstance(told, dict) else {}
    return lots.as_json([lot.randrange(3), lot.randrange(3), told]).encode()


def predicted(lot: Random) -> bytes:
    """A sample of one's own for the first model."""
    sample = lot.choice(SAMPLES)
    for _ in range(lot.choice((1, 2, 4))):
        sample = lots.json_changed(lot, sample)
    return lots.as_json(sample).encode()


@cache
def tried() -> str:
    """A history as it is saved."""
    store = Store(result_of(DEFAULT), described)
    store.history.add(result_of(DEFAULT.merged(CHANGES[0])))
    return history_file.as_json(store.history.all(), BUILD)


def history(lot: Random) -> bytes:
    if lot.random() < 0.2:
        return lots.text_changed(lot, tried()).encode("utf-8", "replace")
    return lots.as_json(lots.json_changed(lot, lots.json_changed(lot, json.loads(tried())))).encode()


MADE: dict[str, Callable[[Random], bytes]] = {
    "bytes": file_of_bytes, "fields": file_of_fields, "graph": file_of_graph, "samples": sample_file, "link": address,
    "set": change, "message": message, "input": own_input, "history": history,
    "load": opening, "predict": predicted,
}  # fmt: skip
SHARE = {
    "bytes": 3,
    "fields": 5,
    "graph": 4,
    "samples": 3,
    "link": 2,
    "set": 2,
    "message": 1,
    "input": 1,
    "history": 1,
    "load": 2,
    "predict": 1,
}
"""How often each kind comes."""


# ---- what takes it ---------------------------------------------------------------------------------------------------


def _open(data: bytes) -> None:
    asyncio.run(own_model.read(NativeRuntime(), data, Brought()))


def _open_samples(data: bytes) -> None:
    asyncio.run(own_model.read(NativeRuntime(), mlp(), Brought(data)))


def _follow(data: bytes) -> None:
    """A link never raises; what is odd in it becomes notes, and the State has a link of its own."""
    state, notes = link.decode(data.decode())
    assert link.decode(link.encode(state)) == (state, ()), "the State has not the link that it was told to have"
    for note in notes:
        said(note)


def _merge(data: bytes) -> None:
    state = DEFAULT.merged(json.loads(data))
    assert link.decode(link.encode(state)) == (state, ()), "the State has not the link that it was told to have"


class _Decoding(NativeRuntime):
    """Pictures whose pixels are all alike; here nothing decodes them."""

    async def picture(self, data, height, width):
        return np.full((height, width, 3), len(data) % 256, np.uint8)


class _Quick(Slow):
    """Computes at once, and has every layer."""

    runtime = _Decoding()

    async def check(self, state, watch):
        pass

    async def opens_files(self, watch):
        pass

    async def result(self, state, watch):
        return result_of(state)

    async def predict(self, result, sample):
        return await predict(self.runtime, replace(result, onnx=result.model.onnx), sample, True)

    async def attempt(self, result, attempt):
        return await Attempts(self.runtime).attempt(replace(result, onnx=result.model.onnx), attempt, True)


def _call(data: bytes) -> None:
    verb, args = json.loads(data)
    asyncio.run(_answered(verb, args))


def _load(data: bytes) -> None:
    model, evaluation, told = json.loads(data)
    came = {"model": (mlp(), cnn(), two_inputs())[model], "evaluation": samples()[evaluation]}
    asyncio.run(_answered("load", [{"files": [*came], **told}], came.values()))


def _predict(data: bytes) -> None:
    asyncio.run(_answered("predict", [json.loads(data)]))


async def _answered(verb, args, files=()) -> None:
    posted, store = [], Store(result_of(DEFAULT), described)
    page = SimpleNamespace(store=store, tell=lambda **news: None, flush=lambda: None)
    session = Session(page, lambda message, buffers: posted.append(message), verbs.VERBS)
    await session.begin(_Quick(), "")
    session.receive(json.dumps({"type": "call", "number": 1, "verb": verb, "args": args}), [*files])
    await asyncio.wait_for(asyncio.gather(*session._tasks), 5)
    (reply,) = [message for message in posted if message["type"] == "reply"]
    if "error" in reply:
        raise ValueError(reply["error"])


def _try(data: bytes) -> None:
    id, told = json.loads(data)
    if isinstance(told, dict):  # else it is a sample
        attempt_of(models.load(id), told)


def _recall(data: bytes) -> None:
    History(described, lambda each, there: None).recall(history_file.rows(data.decode(), BUILD))


TAKES: dict[str, Callable[[bytes], None]] = {
    "bytes": _open, "fields": _open, "graph": _open, "samples": _open_samples, "link": _follow, "set": _merge,
    "message": _call, "input": _try, "history": _recall, "load": _load, "predict": _predict,
}  # fmt: skip


LONGEST = 300  # letters of a sentence
INTERNAL = (
    "Traceback", "Error:", "Something went wrong inside", "<class", " object at 0x", "NoneType", "ndarray", "numpy",
    "onnxruntime::", "std::", ".cc:", ".py", "site-packages",
)  # fmt: skip
"""What stands in no sentence for a person."""


def said(sentence: str) -> None:
    """Raise AssertionError unless this is a sentence for a person."""
    assert 0 < len(sentence) <= LONGEST, f"{len(sentence)} letters: {sentence[:200]!r}"
    assert not [word for word in INTERNAL if word in sentence], f"no words for a person: {sentence!r}"


def cases(first: int, last: int) -> Iterator[tuple[str, int]]:
    """The names of the cases with these numbers: kind and number."""
    kinds = [kind for kind, share in SHARE.items() for _ in range(share)]
    return ((kinds[i % len(kinds)], i) for i in range(first, last))
