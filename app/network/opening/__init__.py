"""Any ONNX file brought to one form: parsed, with weights that can be compressed, and without a choice of spelling.

`parse` refuses what is broken, `compressed_weights` and `integer_operators` decode what a file stores compressed, and
`normalize` leaves one form of everything. Which operators are layers is found afterwards, in `app.network.layer`.
"""
