"""Each weight gets the encoding with which the file is smallest, functions included."""

import numpy as np
import onnx

from app.network.read import read
from kernels.storage import lookup
from kernels.weight import Palette, Weight
from tests.made import networks
from tests.made.encoded import single


def test_the_smallest_candidate_wins_and_codes_grow_only_where_unpacking_costs_more():
    values = np.random.default_rng(0).standard_normal((300, 64)).astype(np.float32)
    for shape, bits, label in (((300, 64), 3, "palette 3 bit"), ((7, 13), 3, "palette 3 bit")):
        part = values[: shape[0], : shape[1]].copy()
        form = lookup.encode(part, bits=bits, group_size=shape[0])
        network, _ = single(shape)
        stored = network.write([Weight("only", lookup.decode(form), form)]).stored["only"]
        assert stored.label == label
        payload = -(-part.size * bits // 8)
        if part.size > 10_000:
            assert payload < stored.size_bytes < payload + 250 and not stored.weights[0].note
        else:
            assert "3-bit code takes 8 bits" in stored.weights[0].note


def test_a_function_is_written_once_and_only_if_it_pays():
    def functions(widths):
        network = read(networks.mlp(widths))
        weights = networks.applied(network, ("palettize", {"bits": 3}))
        assert all(isinstance(w.form, Palette) for w in weights)
        written = network.write(weights)
        return [f.name for f in onnx.load_model_from_string(written.onnx).functions], written.onnx

    assert functions((13, 7, 5))[0] == []
    names, data = functions((64, 96, 61))
    assert names == ["Unpack"]
    assert len(data) < (64 * 96 + 96 * 61) * 3 / 8 + 4 * (96 + 61) + 1200
