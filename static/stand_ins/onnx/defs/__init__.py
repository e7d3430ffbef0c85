"""Stands in for onnx's table of all operators, which is in C++: onnx itself asks it for one number."""


def onnx_opset_version():
    """As onnx's own."""
    from onnx.onnx_cpp2py_export import defs

    return defs.schema_version_map()[""][1]
