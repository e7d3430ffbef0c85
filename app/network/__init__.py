"""An ONNX file as layers, and their weights written back as a file."""
