"""Compression of weights, arrays in and arrays out; NumPy is all it needs.

`TECHNIQUES` lists every technique in menu order. A new one is a file that ends in a `TECHNIQUE`, and its name here.
"""

from kernels import activations, equalize, factorize, palettize, prune, quantize, repair, structured

TECHNIQUES = {
    module.TECHNIQUE.id: module.TECHNIQUE
    for module in (structured, factorize, prune, equalize, palettize, quantize, repair, activations)
}
