"""Writes coremltools.npz: what coremltools 9.0 makes of two weights. Run where coremltools is installed (218 MB).

Each entry is named ``layer|technique:parameter=value,...;technique:...``, in the words of `kernels`, and holds the
decompressed weight. ``layer`` alone is the original. coremltools cannot predict outside macOS, but it compresses.
"""

from itertools import product
from pathlib import Path

import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np
from coremltools.converters.mil import Builder as mb

LAYERS = ("fc", "conv")
DTYPES = {("symmetric", 8): "int8", ("symmetric", 4): "int4", ("asymmetric", 8): "uint8", ("asymmetric", 4): "uint4"}


def model_of(weights):
    """A program with one linear layer and one convolution."""

    @mb.program(
        input_specs=[mb.TensorSpec(shape=(1, 64)), mb.TensorSpec(shape=(1, 8, 5, 5))], opset_version=ct.target.iOS18
    )
    def program(x, image):
        return mb.linear(x=x, weight=weights["fc"], name="fc"), mb.conv(x=image, weight=weights["conv"], name="conv")

    return ct.convert(
        program,
        minimum_deployment_target=ct.target.iOS18,
        compute_precision=ct.precision.FLOAT32,
        skip_model_load=True,
    )


def weights_of(model):
    """The weight of each layer after decompression."""
    plain = cto.decompress_weights(model)._mil_program.functions["main"]
    return {op.name: op.weight.val for op in plain.operations if op.op_type in ("linear", "conv")}


def quantized(model, *, bits, scheme="symmetric", granularity="per_channel", block_size=32, joint=False):
    mode = {"symmetric": "linear_symmetric", "asymmetric": "linear"}[scheme]
    config = cto.OpLinearQuantizerConfig(
        mode=mode, dtype=DTYPES[scheme, bits], granularity=granularity, block_size=block_size, weight_threshold=0
    )
    return cto.linear_quantize_weights(model, cto.OptimizationConfig(config), joint_compression=joint)


def palettized(model, *, bits, joint=False, **options):
    config = cto.OpPalettizerConfig(nbits=bits, weight_threshold=0, **{"mode": "kmeans", "group_size": 16, **options})
    return cto.palettize_weights(model, cto.OptimizationConfig(config), joint_compression=joint)


def pruned(model, *, sparsity):
    config = cto.OpMagnitudePrunerConfig(target_sparsity=sparsity, weight_threshold=0)
    return cto.prune_weights(model, cto.OptimizationConfig(config))


def main():
    rng = np.random.default_rng(9)
    originals = {
        "fc": (rng.normal(size=(24, 64)) / 8).astype(np.float32),
        "conv": (rng.laplace(size=(6, 8, 3, 3)) / 5).astype(np.float32),
    }
    results = dict(originals)

    def record(recipe, model, layers=LAYERS):
        weights = weights_of(model)
        results.update({f"{layer}|{recipe}": weights[layer] for layer in layers})

    def fresh():
        return model_of(originals)

    for (scheme, bits), granularity in product(DTYPES, ("per_tensor", "per_channel")):
        recipe = f"quantize:bits={bits},scheme={scheme},granularity={granularity}"
        record(recipe, quantized(fresh(), bits=bits, scheme=scheme, granularity=granularity))
    for scheme, bits in DTYPES:  # a convolution has blocks over whole kernels there, and per kernel position in ONNX
        recipe = f"quantize:bits={bits},scheme={scheme},granularity=per_block,block_size=32"
        record(recipe, quantized(fresh(), bits=bits, scheme=scheme, granularity="per_block"), layers=("fc",))
    for sparsity in (0.5, 0.75, 0.9):
        record(f"prune:sparsity={sparsity},scope=layer", pruned(fresh(), sparsity=sparsity))
    for bits in (1, 2, 4, 6):
        record(f"palettize:bits={bits}", palettized(fresh(), bits=bits))
    grouped = palettized(fresh(), bits=3, granularity="per_grouped_channel", group_size=8)
    record("palettize:bits=3,granularity=per_grouped_channel,group_size=8", grouped, layers=("fc",))

    for bits in (1, 3, 4):
        record(f"palettize:bits={bits},mode=uniform", palettized(fresh(), bits=bits, mode="uniform"))
    for bits, (cluster_dim, layers) in product((2, 4, 6), ((2, LAYERS), (4, ("fc",)))):  # 4 does not divide 6 channels
        vectors = palettized(fresh(), bits=bits, cluster_dim=cluster_dim)
        record(f"palettize:bits={bits},cluster_dim={cluster_dim}", vectors, layers)
    grouped = palettized(fresh(), bits=3, cluster_dim=2, granularity="per_grouped_channel", group_size=8)
    record("palettize:bits=3,cluster_dim=2,granularity=per_grouped_channel,group_size=8", grouped, layers=("fc",))
    # Its own scales run over the wrong axis: one for each input of a linear layer. So the division is done out here.
    scales = {name: np.abs(w).reshape(len(w), -1).max(axis=1) for name, w in originals.items()}
    scales = {name: scale.reshape(-1, *(1 for _ in originals[name].shape[1:])) for name, scale in scales.items()}
    scaled = weights_of(palettized(model_of({name: w / scales[name] for name, w in originals.items()}), bits=4))
    results.update({f"{name}|palettize:bits=4,per_channel_scale=yes": w * scales[name] for name, w in scaled.items()})

    half = pruned(fresh(), sparsity=0.5)
    record("prune:sparsity=0.5,scope=layer;quantize:bits=8", quantized(half, bits=8, joint=True))
    record("prune:sparsity=0.5,scope=layer;palettize:bits=4", palettized(half, bits=4, joint=True))
    table = quantized(palettized(fresh(), bits=4), bits=8, granularity="per_tensor", joint=True)
    record("palettize:bits=4;quantize:bits=8", table)
    np.savez_compressed(Path(__file__).with_name("coremltools.npz"), version=ct.__version__, **results)


if __name__ == "__main__":
    main()
