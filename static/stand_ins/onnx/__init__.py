"""Stands in for onnx's own, which imports all of onnx: its checker, in C++, is 0.8 MB and comes with the first file of
a person's own that is opened (see OWN in app/pipeline/fetching.py). What needs it is imported when it is named."""

from importlib import import_module

from onnx.onnx_ml_pb2 import *  # noqa: F403 - all that a file is made of
from onnx.onnx_ml_pb2 import ModelProto

LATER = ("checker", "shape_inference", "version_converter")


def load_model_from_string(data):
    """As onnx's own does."""
    return ModelProto.FromString(data)


load_from_string = load_model_from_string


def __getattr__(name):
    if name in LATER:
        return import_module(f"onnx.{name}")
    raise AttributeError(f"module 'onnx' has no attribute {name!r}")
