"""The ONNX that every file of ours is written in, by training and by the app alike.

Opset 21 and IR version 10 are the first with four-bit integers, and onnxruntime and onnxruntime-web take them from 1.20
on. The defaults of onnx 1.23, opset 28 and IR version 14, are refused by onnxruntime 1.30.
"""

OPSET, IR_VERSION = 21, 10
