"""Stands in for what newer Pythons have too: `onnx.helper` asks for one decorator of it."""

from warnings import deprecated as deprecated
