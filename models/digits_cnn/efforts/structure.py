"""What a network computes with while it is trained under compression. Used by train.py only.

The weights that are learned stay real numbers of full precision. `Compressed` computes with what a *structure* makes of
them: `as_compressed`, the very kernel that the page runs, or one that a first compression has fixed, `fixed`.
"""

import numpy as np
import torch
from torch import nn
from torch.func import functional_call

from kernels import TECHNIQUES
from kernels.step import step
from kernels.technique import Setting
from kernels.weight import Weight


class Compressed(nn.Module):
    """A network with ``structure(weights)`` in the place of its weights; both are dicts of tensors by name."""

    def __init__(self, network, structure):
        super().__init__()
        self.network, self.structure = network, structure

    def forward(self, x):
        return functional_call(self.network, self.structure(weights_of(self.network)), x)

    def arrays(self):
        """Every parameter as the network computes with it, as float32 arrays by name; biases as they are."""
        with torch.no_grad():
            parameters = {**dict(self.network.named_parameters()), **self.structure(weights_of(self.network))}
        return {name: parameter.detach().numpy() for name, parameter in parameters.items()}


def weights_of(network):
    """The parameters that compression is about: all but biases."""
    return {name: parameter for name, parameter in network.named_parameters() if parameter.dim() > 1}


def compress(weights, technique, strength):
    """What a technique makes of the weights with its options as they come: dict of `kernels.technique.Weight`.

    Parameters
    ----------
    weights : dict of tensors by name
    technique : str, one that asks nothing of the network
    strength : value of its primary parameter
    """
    technique = TECHNIQUES[technique]
    primary = technique.primary.name
    before = [Weight(name, weight.detach().numpy()) for name, weight in weights.items()]
    work = step(technique, before, [technique.check({primary: strength})] * len(before), Setting())
    try:
        next(work)
    except StopIteration as end:
        return dict(zip(weights, end.value, strict=True))
    raise ValueError(f"{technique.id} looks at more than weights, which is not known here")


def as_compressed(technique, strength):
    """The structure that compresses anew at every step, so that weights find their grid, mask or table as they learn.

    Rounding has no useful gradient, so that of the compressed weight goes to the weight as if nothing had been done in
    between, the straight-through estimator: Bengio, Leonard and Courville, arXiv 1308.3432; for quantization Jacob et
    al., CVPR 2018. A pruned weight goes on learning and may come back, as in Guo, Yao and Chen, NeurIPS 2016.
    """

    def structure(weights):
        after = compress(weights, technique, strength)
        return {name: w + (torch.from_numpy(after[name].values) - w).detach() for name, w in weights.items()}

    return structure


def fixed(technique, strength, weights):
    """The structure that compression gives these weights, from now on kept.

    Of a pruned network the mask stays, and the weights that are left learn: Han et al., NeurIPS 2015. Of a palette
    every weight keeps its index, and the table learns: Han et al., ICLR 2016, section 3. An integer grid leaves nothing
    to learn but which of its points a weight takes, so there compression goes on.
    """
    after = compress(weights, technique, strength)
    if technique == "prune":
        masks = {name: torch.from_numpy(new.mask) for name, new in after.items()}
        return lambda weights: {name: w * masks[name] for name, w in weights.items()}
    if technique == "palettize":
        indices = {name: torch.from_numpy(new.form.indices.astype(np.int64)) for name, new in after.items()}
        return lambda weights: {name: _shared(w, indices[name]) for name, w in weights.items()}
    return as_compressed(technique, strength)


def _shared(weight, indices):
    """The mean of all weights that have the same index, in the place of each."""
    flat = indices.flatten()
    table = torch.zeros(int(flat.max()) + 1).index_add(0, flat, weight.flatten()) / torch.bincount(flat)
    return table[indices]
