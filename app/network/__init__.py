"""An ONNX file as layers, and their weights written back as a file.

The way in is `read`, the way out `Network.write`. `opening` brings any file to one form, `encodings` and `integer` know
how weights can stand in a file, `channels` knows which channels go together, and `work` what a layer multiplies.
What is done to weights in between is for `kernels`; what a file answers is for `app.runtime`.
"""
