"""Parts of networks that are more than a line of layers. Used by train.py files only; `export` knows each of them."""

from collections import OrderedDict

import torch
from torch import nn


class Residual(nn.Module):
    """What its layers make of an input, added to the input itself; He et al., CVPR 2016.

    shortcut : layers for the input on its way to the sum, where the others change its shape
    """

    def __init__(self, layers, shortcut=None):
        super().__init__()
        self.layers, self.shortcut = nn.Sequential(layers), nn.Sequential(shortcut or OrderedDict())

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


class Tokens(nn.Module):
    """Feature maps (N, d, height, width) as a sequence (N, height * width, d), each token with its learned position."""

    def __init__(self, count, d):
        super().__init__()
        self.position = nn.Parameter(0.02 * torch.randn(count, d))

    def forward(self, x):
        return x.flatten(2).transpose(1, 2) + self.position


class TokenLinear(nn.Linear):
    """A linear layer that every token of (N, tokens, d) passes by itself."""


class Attention(nn.Module):
    """What each token gathers from all of them, where its query meets their keys, added to the token itself.

    Shapes: (N, tokens, d) in and out; each head sees d / heads of the d features. Source: Vaswani et al., NeurIPS 2017,
    with the normalization in front, as in Xiong et al., ICML 2020.
    """

    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.scale = heads, (d / heads) ** -0.5
        self.norm = nn.LayerNorm(d)
        self.q, self.k, self.v, self.proj = (TokenLinear(d, d) for _ in range(4))

    def forward(self, x):
        flat = self.norm(x)
        q, k, v = (layer(flat).unflatten(2, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        weights = (q @ k.transpose(2, 3) * self.scale).softmax(dim=3)  # (N, heads, tokens, tokens)
        return x + self.proj((weights @ v).transpose(1, 2).flatten(2))


class TokenMean(nn.Module):
    """The mean of all tokens: (N, tokens, d) to (N, d)."""

    def forward(self, x):
        return x.mean(dim=1)
