"""Stands in for onnx's own, which imports the checker to read second files of weights; there are none in the page."""


def uses_external_data(tensor):
    """As onnx's own does."""
    return tensor.HasField("data_location") and tensor.data_location == tensor.EXTERNAL
