"""Every encoding gives the same answers in onnxruntime-web as in onnxruntime: the page's own bridge beside native runs.

One small file for each label that `app.network.encodings` and `app.network.integer` can give: all forms, in all places.
"""

from base64 import b64encode
from functools import partial
from itertools import product

import numpy as np
import onnxruntime
import pytest

from app.network import choice
from app.network.encodings import candidates
from app.network.integer import weights as integer
from kernels.storage import affine, hqq, lookup
from kernels.storage.granularity import GRANULARITIES
from kernels.storage.scales import STORE
from tests.made.encoded import DENSITIES, SHAPES, VECTORS, forms, masked, options, single
from tests.made.integers import NETWORKS, RECIPES, recoded

# Runs files of [bytes, input, its shape] in onnxruntime-web, one after the other; bytes and numbers as base64.
RUN = """async (files) => {
  const base = new URL(".", location.href);
  const url = (path) => new URL(path, base).href;
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const bridge = await import(url("ort-bridge.js"));
  bridge.load({ url, module: (path) => WebAssembly.compileStreaming(fetch(url(path))) });
  const answers = [];
  for (const [model, input, shape] of files) {
    try {
      const { outputs } = await bridge.evaluate(bytes(model), [new Float32Array(bytes(input).buffer), shape], 1);
      answers.push(Array.from(outputs[0].data));
    } catch (error) {
      answers.push(String(error));
    }
  }
  return answers;
}"""


def every_form(shape):
    """One maker of a form for each that a technique can choose, and for the bits and scales of each."""
    yield from forms(shape)
    for granularity, scales, bits in product(GRANULARITIES, STORE, range(1, 9)):
        rule = options(shape, granularity, scales)
        yield partial(affine.encode, bits=bits, symmetric=False, **rule)
        yield partial(hqq.encode, bits=bits, **rule)
        if bits > 1:
            yield partial(affine.encode, bits=bits, symmetric=True, **rule)
    for bits in range(1, 9):
        yield partial(lookup.encode, bits=bits, group_size=shape[0])
    for cluster_dim, group_size, _ in VECTORS:
        rule = {"group_size": min(group_size, shape[0]), "cluster_dim": cluster_dim}
        yield partial(lookup.encode_vectors, bits=4, **rule)


def weight_only():
    """(label, file, input) of every encoding of weights."""
    for shape in SHAPES[::2]:  # a matrix and a kernel
        (network, x), seen = single(shape), set()
        for form_of, density in product(every_form(shape), DENSITIES):
            weight = masked(shape, form_of, density)
            for candidate in candidates(weight, "only.weight"):
                if candidate.label not in seen:
                    seen.add(candidate.label)
                    yield candidate.label, only(candidate, network, [weight], "only"), x


def with_activations():
    """(label, file, input) of every encoding of layers that multiply integers."""
    for data, x in NETWORKS.values():
        seen = set()
        for recipe in RECIPES.values():
            network, weights = recoded(data, x, recipe)
            for weight, layer in zip(weights, network.layers, strict=True):
                for candidate in integer.candidates(layer, weight) if integer.applies(layer, weight) else ():
                    if candidate.label not in seen:
                        seen.add(candidate.label)
                        yield candidate.label, with_codes(candidate, network, weights, weight.name), x


def only(candidate, network, weights, name):
    """The file in which the layer of this name is written as this candidate."""
    every = choice.candidates
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "candidates", lambda w, output: [candidate] if w.name == name else every(w, output))
        return network.write(weights).onnx


def with_codes(candidate, network, weights, name):
    """The same for a layer that multiplies integers; the grids that it takes depend on the layer behind it."""
    every = choice.integer_candidates

    def chosen(layer, weight, join):
        options = list(every(layer, weight, join))
        return [each for each in options if each.label == candidate.label] if layer.name == name else options

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "integer_candidates", chosen)
        return network.write(weights).onnx


@pytest.fixture(scope="module")
def in_page(browser, site):
    """Runs files in a page of the site that has nothing else to do."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site + "messages.js")

    def run(cases):
        files = [[text(data), text(np.ascontiguousarray(x).tobytes()), list(x.shape)] for _, data, x in cases]
        return page.evaluate(RUN, files)

    yield run
    context.close()


def text(data):
    return b64encode(data).decode()


def natively(data, x):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0].reshape(-1)


def differences(make, in_page):
    """The largest difference as a share of the largest number, by label; words where a file did not run."""
    cases = list(make())
    for (label, data, x), answer in zip(cases, in_page(cases), strict=True):
        native = natively(data, x)
        yield label, answer if isinstance(answer, str) else np.abs(native - answer).max() / np.abs(native).max()


def test_weights_give_the_same_answers(in_page):
    found = list(differences(weight_only, in_page))
    assert len({label for label, _ in found}) > 600
    # The weights are equal to the last bit; the sums over them are taken in another order.
    assert not [(label, far) for label, far in found if isinstance(far, str) or not far <= 2e-6]


def test_integer_layers_give_the_same_answers(in_page):
    found = list(differences(with_activations, in_page))
    assert not [(label, far) for label, far in found if isinstance(far, str) or far]
