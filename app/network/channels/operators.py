"""What operators without a weight do to the channels of the tensors they read.

Each tensor between layers has a layout of channel numbers (see `sets`): an array with as many axes as the tensor, of
size 1 along axes on which all is one channel. An operator that is not described here keeps the channels it reads: only
a channel whose every use is understood may go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from app.network.channels.sets import Channels
from app.network.onnx_graph import Sizes

# An operator is homogeneous if scaling what it reads, by any positive factor, scales what it makes by as much.
_HOMOGENEOUS = frozenset("Relu LeakyRelu Abs Neg Identity Dropout".split())
_INHOMOGENEOUS = frozenset(
    "Elu Celu Selu Gelu Mish Sigmoid HardSigmoid HardSwish Softplus Softsign Tanh ThresholdedRelu Erf Exp Log Sqrt "
    "Reciprocal Clip Ceil Floor Round Sin Cos Cast".split()
)
_POOLS = frozenset("MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool".split())
_REDUCTIONS = frozenset("ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2".split())
_SUMS, _PRODUCTS = frozenset(("Add", "Sub", "Max", "Min", "Sum", "Mean")), frozenset(("Mul", "Div"))
_NORMS = frozenset(("BatchNormalization", "InstanceNormalization"))
_NOBODYS = "they come from the input of the network, or from what has no channels to remove"


class Operators:
    """The layouts of all tensors so far; each operator that is followed adds those of its outputs.

    layouts : by tensor; one without a layout has no channels to remove
    followers : constants with an entry for each of some channels, or of some heads: name, axis, channels
    counts : targets of Reshape that say how many heads there are: name, index in the target, heads
    """

    def __init__(self, constants: Mapping[str, TensorProto], sizes: Sizes, count: Mapping[str, int]):
        self.channels = Channels()
        self.layouts: dict[str, np.ndarray] = {}
        self.followers: list[tuple[str, int, np.ndarray]] = []
        self.counts: list[tuple[str, int, np.ndarray]] = []
        self._constants, self._sizes, self._count = constants, sizes, count

    def stay(self, names: Sequence[str], reason: str) -> None:
        """The channels of these tensors cannot go, and why."""
        for name in names:
            if name in self.layouts:
                self.channels.stay(self.layouts[name], reason)

    def rank(self, name: str) -> int | None:
        """How many axes a tensor has, if that is known."""
        if name in self.layouts:
            return self.layouts[name].ndim
        return len(self._sizes[name]) if name in self._sizes else None

    def pass_on(self, node: NodeProto) -> None:
        """Give the outputs of an operator their layouts; channels that it does not treat each by itself stay."""
        traced = [name for name in node.input if name in self.layouts]
        op = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        if not traced or op == "Split" and self._split(node):
            return
        layout = self._through(op, node, {a.name: helper.get_attribute_value(a) for a in node.attribute})
        if layout is None or any(self._count[name] for name in node.output[1:]):
            self.stay(traced, f"{op}, which comes behind them, needs all of them")
        elif layout.size:
            self.layouts[node.output[0]] = layout

    def _through(self, op: str, node: NodeProto, attributes: dict) -> np.ndarray | None:
        """The layout behind an operator; empty if no channels are left to follow; None if it keeps what it reads."""
        first, *others = node.input
        layout = self.layouts.get(first)
        if op in _SUMS or op in _PRODUCTS or op in ("PRelu", "Pow"):
            return self._elementwise(op, node.input)
        if op == "Concat":
            return self._concat(node.input, attributes["axis"])
        if op == "MatMul":
            return self._product(first, others[0])
        if op == "ScatterND" and attributes.get("reduction", b"none") == b"none":
            return self._scattered(*node.input)
        if layout is None or any(name in self.layouts for name in others):
            return None
        return self._of_one(op, first, others, attributes)

    def _of_one(self, op: str, name: str, others: Sequence[str], attributes: dict) -> np.ndarray | None:
        """As `_through`, for an operator that reads one tensor with channels, `name`; `others` may be constants."""
        layout, constant = self.layouts[name], [self._constant(other) for other in others]
        rank = layout.ndim
        if op in _HOMOGENEOUS:
            return layout
        if op in _INHOMOGENEOUS:
            self.channels.mark_inhomogeneous(layout)
            return layout
        if op in _POOLS:
            return layout if layout.size == layout.shape[1] else None
        if op in _NORMS:
            return self._normalized(layout, others)
        if op in ("QuantizeLinear", "DequantizeLinear"):
            self.channels.mark_inhomogeneous(layout)
            return layout if all(each is not None and each.size == 1 for each in constant) else None
        if op == "Transpose":
            return layout.transpose(attributes.get("perm", range(rank)[::-1]))
        if op == "Flatten":
            return self._reshaped(name, 1, [-1]) if attributes.get("axis", 1) == 1 else None
        if op == "Reshape" and constant[0] is not None and not attributes.get("allowzero"):
            target = constant[0].ravel().tolist()
            lead = next((i for i, size in enumerate(target) if size), len(target))
            return self._reshaped(name, lead, target[lead:], others[0])
        if op in _REDUCTIONS and others and constant[0] is not None:
            axes = tuple(int(a) % rank for a in constant[0].ravel())
            return self._squeezed(layout, axes, keep=attributes.get("keepdims", 1))
        if op == "Squeeze" and others and constant[0] is not None:
            return self._squeezed(layout, tuple(int(a) % rank for a in constant[0].ravel()), keep=0)
        if op == "Unsqueeze" and constant[0] is not None:
            return np.expand_dims(layout, tuple(constant[0].ravel().tolist()))
        if op == "Gather" and constant[0] is not None:
            return self._gathered(layout, constant[0], attributes.get("axis", 0) % rank)
        if op == "Compress":
            return layout if "axis" in attributes and layout.shape[attributes["axis"]] == 1 else None
        if op == "Pad" and constant[0] is not None and len(others) < 3:
            pads = constant[0].reshape(2, -1)
            self.channels.mark_inhomogeneous(layout)
            return layout if not pads[:, np.array(layout.shape) > 1].any() else None
        if op == "Resize" and len(others) == 2 and constant[1] is not None and constant[1].size == rank:
            return layout if (constant[1][np.array(layout.shape) > 1] == 1).all() else None
        if op == "Softmax":
            self.channels.mark_inhomogeneous(layout)
            return layout if layout.shape[attributes.get("axis", -1)] == 1 else None
        return None

    def _elementwise(self, op: str, names: Sequence[str]) -> np.ndarray | None:
        """The layout of tensors that are added or multiplied number by number."""
        traced = [self.layouts[name] for name in names if name in self.layouts]
        rank = max(layout.ndim for layout in traced)
        whole = np.broadcast_shapes(*(layout.shape for layout in traced))
        layouts = [np.broadcast_to(layout, whole) for layout in traced]
        for name in names:
            if name not in self.layouts and not self._fits(name, layouts[0], rank):
                return None
        for other in layouts[1:]:
            self.channels.join(layouts[0], other)
        alone = len(traced) == 1 and len(names) == 2
        scaled = op == "Mul" and alone or op == "Div" and alone and names[0] in self.layouts or op == "PRelu"
        if not scaled and not (op in _SUMS and len(traced) == len(names)):
            self.channels.mark_inhomogeneous(layouts[0])
        return layouts[0]

    def _fits(self, name: str, layout: np.ndarray, rank: int) -> bool:
        """Whether what meets `layout` in `name` is alike for all its channels, or a constant that can follow them."""
        constant = self._constants.get(name)
        shape = tuple(constant.dims) if constant is not None else self._sizes.get(name)
        if shape is None or len(shape) > rank:
            return False
        along = [axis for axis, size in enumerate((1,) * (rank - len(shape)) + tuple(shape)) if size != 1]
        along = [axis for axis in along if layout.shape[axis] > 1]
        if not along:
            return True
        axis = along[0] - (rank - len(shape))
        if constant is None or layout.size != shape[axis] or self._count[name] != 1:
            return False
        self.followers.append((name, axis, layout.ravel()))
        return True

    def _normalized(self, layout: np.ndarray, vectors: Sequence[str]) -> np.ndarray | None:
        """Normalization of every channel by itself: its vectors follow."""
        n, given = layout.shape[1], [self._constants.get(name) for name in vectors]
        fit = all(vector is not None and list(vector.dims) == [n] and self._count[vector.name] == 1 for vector in given)
        if layout.size != n or not fit:
            return None
        self.followers += [(name, 0, layout.ravel()) for name in vectors]
        self.channels.mark_inhomogeneous(layout)
        return layout

    def _concat(self, names: Sequence[str], axis: int) -> np.ndarray | None:
        """Channels one behind the other; or tokens one behind the other, whose channels then go together."""
        traced = {name: self.layouts[name] for name in names if name in self.layouts}
        rank = next(layout.ndim for layout in traced.values())
        axis %= rank
        along = [layout.shape[axis] == layout.size for layout in traced.values()]
        if any(self.channels.are_heads(layout) for layout in traced.values()):
            return None
        if not any(along) or any(self._size(name, axis) != layout.shape[axis] for name, layout in traced.items()):
            return self._elementwise("Sum", names)
        if not all(along):
            return None
        pieces = []
        for name in names:
            if name in traced:
                pieces.append(traced[name])
                continue
            size = self._size(name, axis)
            if not isinstance(size, int):
                return None
            layout = self.channels.new(size).reshape([size if i == axis else 1 for i in range(rank)])
            self.channels.stay(layout, _NOBODYS)
            pieces.append(layout)
        return np.concatenate(pieces, axis)

    def _product(self, left: str, right: str) -> np.ndarray | None:
        """A matrix product of two tensors, neither of which is a weight, as in attention."""
        both = self.layouts.get(left), self.layouts.get(right)
        rank = max(layout.ndim for layout in both if layout is not None)
        a, b = (None if layout is None else _with_rank(layout, rank) for layout in both)
        channels = [layout is not None and not self.channels.are_heads(layout) for layout in (a, b)]
        if rank < 2 or not any(channels):
            return None
        if not all(channels):
            return self._mixed(a[..., 0], b, a) if channels[0] else self._mixed(b[..., 0, :], a, b)
        if a.shape[-2] > 1 or b.shape[-1] > 1 or a.size != b.size:
            return None
        summed, other = a[..., 0, :], b[..., 0]  # a sum over the channels of a head: queries and keys lose the same
        if summed.shape != other.shape:
            return None
        self.channels.join(summed, other)
        self.channels.mark_inhomogeneous(summed)
        heads = self.channels.heads(summed)
        return heads[..., None, None] if heads.size > 1 else np.empty(0)

    def _mixed(self, flat: np.ndarray, by: np.ndarray | None, layout: np.ndarray) -> np.ndarray | None:
        """The layout of a tensor whose tokens, not channels, a product with another tensor mixes, head by head.

        flat : the layout without the axis of the tokens
        by : the layout of the other tensor, which has as many heads; None if it has none
        """
        heads = self.channels.heads(flat)
        if flat.size != layout.size or by is not None and by.shape[:-2] != heads.shape:
            return None
        if by is not None:
            self.channels.join(by[..., 0, 0], heads)
        elif heads.size > 1:
            self.channels.stay(heads, "other numbers, which are not followed, have as many heads")
        return layout

    def _scattered(self, whole: str, indices: str, updates: str) -> np.ndarray | None:
        """The layout of a tensor some of whose samples are replaced by those of another one."""
        traced = [self.layouts[name] for name in (whole, updates) if name in self.layouts]
        of_samples = self._sizes.get(indices, ())[1:] == (1,) and indices not in self.layouts
        if not of_samples or any(len(layout) > 1 for layout in traced):
            return None
        return self._elementwise("Sum", (whole, updates))

    def _reshaped(self, name: str, lead: int, target: Sequence[int], constant: str = "") -> np.ndarray | None:
        """The layout when the axes behind the first `lead` ones get the sizes `target`, in which -1 is what is left.

        constant : the name of the tensor that holds the target
        """
        layout, sizes = self.layouts[name], self._sizes.get(name, ())
        known = [size if n == 1 else n for n, size in zip(layout.shape[lead:], sizes[lead:], strict=False)]
        if (np.array(layout.shape[lead:]) == 1).all():  # all channels stand in the axes that stay
            return layout.reshape(layout.shape[:lead] + (1,) * len(target))
        if len(sizes) != layout.ndim or not all(isinstance(size, int) for size in known):
            return None
        if layout[:1].size != layout.size or (np.array(layout.shape[:lead]) > 1).any():
            return None
        full = np.broadcast_to(layout, (*layout.shape[:lead], *known)).reshape(*layout.shape[:lead], *target)
        for axis in range(lead, full.ndim):  # of axes on which all is one channel only the first is needed
            start = full.take([0], axis)
            full = start if (full == start).all() else full
        channel_axis = _channel_axis(full)
        if full.size > 1 and target[channel_axis - lead] != -1:
            return None
        if full.size > full.shape[channel_axis]:
            traced = [axis for axis, size in enumerate(full.shape) if size > 1]
            by_head = full.reshape([full.shape[axis] for axis in traced])
            self.channels.keep_equal(by_head)
            self.counts.append((constant, traced[-2], self.channels.heads(by_head.reshape(-1, *by_head.shape[-2:])[0])))
        return full

    def _split(self, node: NodeProto) -> bool:
        """Give the pieces of a tensor their layouts: equal pieces of channels, which then go together, or any others.

        False if the pieces are neither; the channels then have to stay.
        """
        layout, n = self.layouts[node.input[0]], len(node.output)
        attributes = {a.name: a.i for a in node.attribute}
        axis, channel_axis = attributes.get("axis", 0) % layout.ndim, _channel_axis(layout)
        if self.channels.are_heads(layout) and axis == channel_axis:
            return False
        if layout.shape[axis] == 1 and layout.size > 1:
            pieces = [layout] * n
        elif "num_outputs" in attributes and layout.shape[axis] % n == 0:
            pieces = np.split(layout, n, axis)
            for piece in pieces[1:] if axis == channel_axis else ():
                self.channels.join(pieces[0], piece)
            self._told_apart(layout, axis)
        else:
            return False
        self.layouts.update(zip(node.output, pieces, strict=True))
        return True

    def _squeezed(self, layout: np.ndarray, axes: tuple[int, ...], keep: int) -> np.ndarray | None:
        if any(layout.shape[axis] > 1 for axis in axes):
            return None
        return layout if keep else layout.squeeze(axes)

    def _gathered(self, layout: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray | None:
        """The layout of some entries along an axis on which no channels go."""
        if axis == _channel_axis(layout) or index.ndim > 1 or layout.size == 1:
            return None
        self._told_apart(layout, axis)
        return layout.take(index if layout.shape[axis] > 1 else np.zeros_like(index), axis)

    def _told_apart(self, layout: np.ndarray, axis: int) -> None:
        """Heads stay where some of them, by their number, are treated in another way than others."""
        channel_axis = _channel_axis(layout)
        if axis != channel_axis and layout.shape[axis] > 1:
            roots = np.moveaxis(self.channels.roots(layout).reshape(layout.shape), axis, 0)
            if (roots != roots[0]).any():
                self.channels.stay(self.channels.heads(np.moveaxis(layout, channel_axis, -1)), "they are told apart")

    def _constant(self, name: str) -> np.ndarray | None:
        return numpy_helper.to_array(self._constants[name]) if name in self._constants else None

    def _size(self, name: str, axis: int) -> int | str | None:
        """The size of a tensor along an axis."""
        if name in self.layouts and self.layouts[name].shape[axis] > 1:
            return self.layouts[name].shape[axis]
        return self._sizes[name][axis] if name in self._sizes else None


def _with_rank(layout: np.ndarray, rank: int) -> np.ndarray:
    """The layout with as many axes, new ones in front, as a product aligns the tensors that it reads."""
    return layout.reshape((1,) * (rank - layout.ndim) + layout.shape)


def _channel_axis(layout: np.ndarray) -> int:
    """The axis along which channels go: the last one along which they differ. Heads may stand along the others."""
    return max((axis for axis, size in enumerate(layout.shape) if size > 1), default=0)
