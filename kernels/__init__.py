"""Compression of weights, arrays in and arrays out; NumPy is all it needs.

`TECHNIQUES` lists every technique in menu order. A new one is a file that ends in a `TECHNIQUE`, and its name here.
"""

from kernels import palettize, prune, quantize, structured

TECHNIQUES = {module.TECHNIQUE.id: module.TECHNIQUE for module in (structured, prune, palettize, quantize)}
