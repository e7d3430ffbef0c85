"""Every technique at three strengths on every model, in the page: what it promises holds of the bytes that it left."""

from math import prod

import pytest

from kernels import TECHNIQUES
from models import MODELS
from models.metrics import METRICS

# technique -> its slider, and three values of it, each stronger than the one before
STRENGTHS = {
    "structured": ("sparsity", (0.1, 0.3, 0.6)),
    "factorize": ("keep", (1.0, 0.6, 0.2)),
    "prune": ("sparsity", (0.3, 0.6, 0.9)),
    "equalize": ("strength", (0.25, 0.5, 1.0)),
    "palettize": ("bits", (8, 4, 2)),
    "quantize": ("bits", (8, 4, 2)),
    "repair": ("effort", ("instant", "calibrated", "thorough")),
    "activations": ("bits", (8, 6, 4)),
}
SMALLER = ("structured", "factorize", "prune", "palettize", "quantize")  # the stronger, the smaller the file
COARSER = ("prune", "palettize", "quantize")  # and the farther the weights from what they were
FEW_BITS = {"technique": "quantize", "bits": 3}  # leaves something to repair
UNWIELDY = ("digits-resnet", "digits-gate", "untrained")  # what repairs more than their biases takes several seconds
ASIDE = 300  # bytes for a step in the recipe that is noted, for biases and for the operators that round inputs
LUCK = 0.006  # of all answers, that may be right by chance

TRY = """async (change) => {
  const result = await playground.set(change);
  const digest = await crypto.subtle.digest("SHA-256", await playground.modelBytes());
  const said = document.querySelector("#error-text").textContent;
  return { result, said, state: playground.state, hash: new Uint8Array(digest).join() };
}"""


class Model:
    """One model in the page: its Result for each recipe, none of which gives the same file as another."""

    def __init__(self, tab, id):
        self.page, self.id, self.files = tab.page, id, set()
        tab.set(model=id, recipe=[], view="tradeoff", layers={})

    def __call__(self, *recipe):
        seen = self.page.evaluate(TRY, {"recipe": recipe})
        result, state = seen["result"], seen["state"]
        assert (result["model"], state["model"], seen["said"]) == (self.id, self.id, "")
        assert len(state["recipe"]) == len(recipe)
        assert all(asked.items() <= step.items() for asked, step in zip(recipe, state["recipe"], strict=True))
        assert seen["hash"] not in self.files
        self.files.add(seen["hash"])
        return result


def noise(result):
    """The SQNR of the layer that suffers most, in dB; a layer without an error counts as none."""
    return min((layer["sqnr_db"] for layer in result["layers"] if layer["sqnr_db"] is not None), default=1000)


def sizes(results):
    return [result["compressed"]["bytes"] for result in results]


def test_every_technique_is_among_them():
    assert set(STRENGTHS) == set(TECHNIQUES)


@pytest.mark.parametrize("id", MODELS)
def test_three_strengths_of_every_technique_do_what_they_promise(shared_tab, id):
    model = Model(shared_tab, id)
    uncompressed, coarse = model(), model(FEW_BITS)
    full, few = sizes((uncompressed, coarse))
    metric = METRICS[uncompressed["metric"]]
    slack = LUCK if metric.unit == "%" else 0

    def goodness(result):
        return metric.goodness(result["compressed"]["score"])

    for technique, (slider, strengths) in STRENGTHS.items():
        before = [FEW_BITS] if technique == "repair" else []
        strengths = strengths[:1] if technique == "repair" and id in UNWIELDY else strengths
        results = [model(*before, {"technique": technique, slider: strength}) for strength in strengths]
        bytes_ = sizes(results)
        if technique in SMALLER:
            assert bytes_ == sorted(bytes_, reverse=True) and bytes_[-1] < min(bytes_[0], full)
        if technique in COARSER:
            noises = [noise(result) for result in results]
            assert noises == sorted(noises, reverse=True) and noises[-1] < noises[0]
        if technique == "structured":
            weights = [sum(prod(layer["shape_after"]) for layer in result["layers"]) for result in results]
            assert weights == sorted(weights, reverse=True) and weights[-1] < weights[0]
        if technique == "equalize":
            assert [result["changed"]["count"] for result in results] == [0, 0, 0]
            assert max(abs(size - full) for size in bytes_) < ASIDE
        if technique == "repair":
            assert max(abs(size - few) for size in bytes_) < 0.1 * few + ASIDE  # codes of zero are left out
            assert all(goodness(result) >= goodness(coarse) - slack for result in results[1:])
        if technique == "activations":
            assert max(bytes_) < 0.6 * full and max(bytes_) - min(bytes_) < 0.02 * full + ASIDE
