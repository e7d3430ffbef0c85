"""Any ONNX file brought to the one form that the network is read from."""
