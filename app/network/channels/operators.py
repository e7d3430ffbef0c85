"""What operators without a weight do to the channels of the tensors they read.

Every tensor on the way has a grid of channel numbers (see `channels`): an array with as many axes as the tensor, of
size 1 along axes on which all is one channel. An operator that does not stand here keeps the channels it reads: only
what is understood from end to end may go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from app.network.channels.sets import Channels
from app.network.onnx_graph import Sizes

_HOMOGENEOUS = frozenset("Relu LeakyRelu Abs Neg Identity Dropout".split())
_BENT = frozenset(
    "Elu Celu Selu Gelu Mish Sigmoid HardSigmoid HardSwish Softplus Softsign Tanh ThresholdedRelu Erf Exp Log Sqrt "
    "Reciprocal Clip Ceil Floor Round Sin Cos Cast".split()
)
_POOLS = frozenset("MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool".split())
_REDUCTIONS = frozenset("ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2".split())
_SUMS, _PRODUCTS = frozenset(("Add", "Sub", "Max", "Min", "Sum", "Mean")), frozenset(("Mul", "Div"))
_NORMS = frozenset(("BatchNormalization", "InstanceNormalization"))


class Operators:
    """The grids of all tensors so far, and what each operator adds to them.

    grids : by tensor; one without a grid has no channels to remove
    followers : constants with an entry for each of some channels, or of some heads: name, axis, channels
    counts : targets of Reshape that say how many heads there are: name, place in the target, heads
    """

    def __init__(self, constants: Mapping[str, TensorProto], sizes: Sizes, count: Mapping[str, int]):
        self.channels = Channels()
        self.grids: dict[str, np.ndarray] = {}
        self.followers: list[tuple[str, int, np.ndarray]] = []
        self.counts: list[tuple[str, int, np.ndarray]] = []
        self._constants, self._sizes, self._count = constants, sizes, count

    def stay(self, names: Sequence[str], reason: str) -> None:
        """The channels of these tensors cannot go, and why."""
        for name in names:
            if name in self.grids:
                self.channels.stay(self.grids[name], reason)

    def rank(self, name: str) -> int | None:
        """How many axes a tensor has, if that is known."""
        return self.grids[name].ndim if name in self.grids else len(self._sizes[name]) if name in self._sizes else None

    def pass_on(self, node: NodeProto) -> None:
        """Give the outputs of an operator their grids; channels it does not treat each by itself stay."""
        traced = [name for name in node.input if name in self.grids]
        op = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        if not traced or op == "Split" and self._split(node):
            return
        grid = self._through(op, node, {a.name: helper.get_attribute_value(a) for a in node.attribute})
        if grid is None or any(self._count[name] for name in node.output[1:]):
            self.stay(traced, f"{op}, which comes behind them, needs all of them")
        elif grid.size:
            self.grids[node.output[0]] = grid

    def _through(self, op: str, node: NodeProto, said: dict) -> np.ndarray | None:
        """The grid behind an operator; empty if no channels are left to follow; None if it keeps what it reads."""
        first, *others = node.input
        grid = self.grids.get(first)
        if op in _SUMS or op in _PRODUCTS or op in ("PRelu", "Pow"):
            return self._meet(op, node.input)
        if op == "Concat":
            return self._concat(node.input, said["axis"])
        if op == "MatMul":
            return self._product(first, others[0])
        if op == "ScatterND" and said.get("reduction", b"none") == b"none":
            return self._put_back(*node.input)
        if grid is None or any(name in self.grids for name in others):
            return None
        rank, constant = grid.ndim, [self._constant(name) for name in others]
        if op in _HOMOGENEOUS:
            return grid
        if op in _BENT:
            self.channels.bend(grid)
            return grid
        if op in _POOLS:
            return grid if grid.size == grid.shape[1] else None
        if op in _NORMS:
            return self._normalized(grid, others)
        if op in ("QuantizeLinear", "DequantizeLinear"):
            self.channels.bend(grid)
            return grid if all(each is not None and each.size == 1 for each in constant) else None
        if op == "Transpose":
            return grid.transpose(said.get("perm", range(rank)[::-1]))
        if op == "Flatten":
            return self._reshaped(first, 1, [-1]) if said.get("axis", 1) == 1 else None
        if op == "Reshape" and constant[0] is not None and not said.get("allowzero"):
            target = constant[0].ravel().tolist()
            lead = next((i for i, size in enumerate(target) if size), len(target))
            return self._reshaped(first, lead, target[lead:], others[0])
        if op in _REDUCTIONS and others and constant[0] is not None:
            axes = tuple(int(a) % rank for a in constant[0].ravel())
            return self._squeezed(grid, axes, keep=said.get("keepdims", 1))
        if op == "Squeeze" and others and constant[0] is not None:
            return self._squeezed(grid, tuple(int(a) % rank for a in constant[0].ravel()), keep=0)
        if op == "Unsqueeze" and constant[0] is not None:
            return np.expand_dims(grid, tuple(constant[0].ravel().tolist()))
        if op == "Gather" and constant[0] is not None:
            return self._gathered(grid, constant[0], said.get("axis", 0) % rank)
        if op == "Compress":
            return grid if "axis" in said and grid.shape[said["axis"]] == 1 else None
        if op == "Pad" and constant[0] is not None and len(others) < 3:
            pads = constant[0].reshape(2, -1)
            self.channels.bend(grid)
            return grid if not pads[:, np.array(grid.shape) > 1].any() else None
        if op == "Resize" and len(others) == 2 and constant[1] is not None and constant[1].size == rank:
            return grid if (constant[1][np.array(grid.shape) > 1] == 1).all() else None
        if op == "Softmax":
            self.channels.bend(grid)
            return grid if grid.shape[said.get("axis", -1)] == 1 else None
        return None

    def _meet(self, op: str, names: Sequence[str]) -> np.ndarray | None:
        """Tensors that are added or multiplied number by number."""
        traced = [self.grids[name] for name in names if name in self.grids]
        rank = max(grid.ndim for grid in traced)
        whole = np.broadcast_shapes(*(grid.shape for grid in traced))
        grids = [np.broadcast_to(grid, whole) for grid in traced]
        for name in names:
            if name not in self.grids and not self._fits(name, grids[0], rank):
                return None
        for other in grids[1:]:
            self.channels.join(grids[0], other)
        alone = len(traced) == 1 and len(names) == 2
        scaled = op == "Mul" and alone or op == "Div" and alone and names[0] in self.grids or op == "PRelu"
        if not scaled and not (op in _SUMS and len(traced) == len(names)):
            self.channels.bend(grids[0])
        return grids[0]

    def _fits(self, name: str, grid: np.ndarray, rank: int) -> bool:
        """Whether what meets `grid` in `name` is alike for all its channels, or a constant that can follow them."""
        constant = self._constants.get(name)
        shape = tuple(constant.dims) if constant is not None else self._sizes.get(name)
        if shape is None or len(shape) > rank:
            return False
        along = [axis for axis, size in enumerate((1,) * (rank - len(shape)) + tuple(shape)) if size != 1]
        along = [axis for axis in along if grid.shape[axis] > 1]
        if not along:
            return True
        axis = along[0] - (rank - len(shape))
        if constant is None or grid.size != shape[axis] or self._count[name] != 1:
            return False
        self.followers.append((name, axis, grid.ravel()))
        return True

    def _normalized(self, grid: np.ndarray, vectors: Sequence[str]) -> np.ndarray | None:
        """Normalization of every channel by itself: its vectors follow."""
        n, given = grid.shape[1], [self._constants.get(name) for name in vectors]
        fit = all(vector is not None and list(vector.dims) == [n] and self._count[vector.name] == 1 for vector in given)
        if grid.size != n or not fit:
            return None
        self.followers += [(name, 0, grid.ravel()) for name in vectors]
        self.channels.bend(grid)
        return grid

    def _concat(self, names: Sequence[str], axis: int) -> np.ndarray | None:
        """Channels one behind the other; or tokens, whose channels then are the same."""
        rank = next(self.grids[name].ndim for name in names if name in self.grids)
        axis %= rank
        along = {name: self.grids[name].shape[axis] == self.grids[name].size for name in names if name in self.grids}
        if any(self.channels.are_lines(self.grids[name]) for name in along):
            return None
        if not any(along.values()) or any(self._size(name, axis) != self.grids[name].shape[axis] for name in along):
            return self._meet("Sum", names)
        if not all(along.values()):
            return None
        parts = []
        for name in names:
            if name in self.grids:
                parts.append(self.grids[name])
                continue
            size = self._size(name, axis)
            if not isinstance(size, int):
                return None
            grid = self.channels.new(size).reshape([size if i == axis else 1 for i in range(rank)])
            self.channels.stay(grid, "they come from the input of the network, or from what has no channels to remove")
            parts.append(grid)
        return np.concatenate(parts, axis)

    def _product(self, left: str, right: str) -> np.ndarray | None:
        """A matrix product of two tensors that are made on the way, as in attention."""
        a, b = self.grids.get(left), self.grids.get(right)
        rank = max(grid.ndim for grid in (a, b) if grid is not None)
        a, b = (None if grid is None else grid.reshape((1,) * (rank - grid.ndim) + grid.shape) for grid in (a, b))
        channels = [grid is not None and not self.channels.are_lines(grid) for grid in (a, b)]
        if rank < 2 or not any(channels):
            return None
        if not all(channels):
            return self._mixed(a[..., 0], b, a) if channels[0] else self._mixed(b[..., 0, :], a, b)
        if a.shape[-2] > 1 or b.shape[-1] > 1 or a.size != b.size:
            return None
        summed, other = a[..., 0, :], b[..., 0]  # queries and keys: both sides of the sum lose the same terms
        if summed.shape != other.shape:
            return None
        self.channels.join(summed, other)
        self.channels.bend(summed)
        heads = self.channels.lines(summed)
        return heads[..., None, None] if heads.size > 1 else np.empty(0)

    def _mixed(self, flat: np.ndarray, by: np.ndarray | None, grid: np.ndarray) -> np.ndarray | None:
        """`grid` when another tensor mixes its places, not its channels, in each head by itself.

        flat : the grid without the axis of the places
        by : the grid of the other tensor: it has as many heads
        """
        heads = self.channels.lines(flat)
        if flat.size != grid.size or by is not None and by.shape[:-2] != heads.shape:
            return None
        if by is not None:
            self.channels.join(by[..., 0, 0], heads)
        elif heads.size > 1:
            self.channels.stay(heads, "other numbers, which are not followed, have as many heads")
        return grid

    def _put_back(self, whole: str, places: str, part: str) -> np.ndarray | None:
        """Some samples of a tensor replaced by those of another one."""
        traced = [self.grids[name] for name in (whole, part) if name in self.grids]
        if places in self.grids or self._sizes.get(places, ())[1:] != (1,) or any(len(grid) > 1 for grid in traced):
            return None
        return self._meet("Sum", (whole, part))

    def _reshaped(self, name: str, lead: int, target: Sequence[int], constant: str = "") -> np.ndarray | None:
        """The grid when the axes behind the first `lead` ones get the sizes `target`, in which -1 is what is left.

        constant : that says the target
        """
        grid, sizes = self.grids[name], self._sizes.get(name, ())
        known = [size if n == 1 else n for n, size in zip(grid.shape[lead:], sizes[lead:], strict=False)]
        if (np.array(grid.shape[lead:]) == 1).all():  # all channels stand in the axes that stay
            return grid.reshape(grid.shape[:lead] + (1,) * len(target))
        if len(sizes) != grid.ndim or grid[:1].size != grid.size or not all(isinstance(size, int) for size in known):
            return None
        if (np.array(grid.shape[:lead]) > 1).any():
            return None
        full = np.broadcast_to(grid, (*grid.shape[:lead], *known)).reshape(*grid.shape[:lead], *target)
        for axis in range(lead, full.ndim):  # of axes on which all is one channel only the first is needed
            start = full.take([0], axis)
            full = start if (full == start).all() else full
        shrinks = _shrinking(full)
        if full.size > 1 and target[shrinks - lead] != -1:
            return None
        if full.size > full.shape[shrinks]:
            traced = [axis for axis, size in enumerate(full.shape) if size > 1]
            lines = full.reshape([full.shape[axis] for axis in traced])
            self.channels.even(lines)
            self.counts.append((constant, traced[-2], self.channels.lines(lines.reshape(-1, *lines.shape[-2:])[0])))
        return full

    def _split(self, node: NodeProto) -> bool:
        """Several pieces of a tensor: equal ones of channels, which then go together, or any others. False: not so."""
        grid, n = self.grids[node.input[0]], len(node.output)
        said = {a.name: a.i for a in node.attribute}
        axis, shrinks = said.get("axis", 0) % grid.ndim, _shrinking(grid)
        if self.channels.are_lines(grid) and axis == shrinks:
            return False
        if grid.shape[axis] == 1 and grid.size > 1:
            pieces = [grid] * n
        elif "num_outputs" in said and grid.shape[axis] % n == 0:
            pieces = np.split(grid, n, axis)
            for piece in pieces[1:] if axis == shrinks else ():
                self.channels.join(pieces[0], piece)
            self._told_apart(grid, axis)
        else:
            return False
        self.grids.update(zip(node.output, pieces, strict=True))
        return True

    def _squeezed(self, grid: np.ndarray, axes: tuple[int, ...], keep: int) -> np.ndarray | None:
        if any(grid.shape[axis] > 1 for axis in axes):
            return None
        return grid if keep else grid.squeeze(axes)

    def _gathered(self, grid: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray | None:
        """Some places of an axis on which no channels go."""
        if axis == _shrinking(grid) or index.ndim > 1 or grid.size == 1:
            return None
        self._told_apart(grid, axis)
        return grid.take(index if grid.shape[axis] > 1 else np.zeros_like(index), axis)

    def _told_apart(self, grid: np.ndarray, axis: int) -> None:
        """Heads stay where some of them, by their number, are treated in another way than others."""
        shrinks = _shrinking(grid)
        if axis != shrinks and grid.shape[axis] > 1:
            roots = np.moveaxis(self.channels.roots(grid).reshape(grid.shape), axis, 0)
            if (roots != roots[0]).any():
                self.channels.stay(self.channels.lines(np.moveaxis(grid, shrinks, -1)), "they are told apart")

    def _constant(self, name: str) -> np.ndarray | None:
        return numpy_helper.to_array(self._constants[name]) if name in self._constants else None

    def _size(self, name: str, axis: int) -> int | str | None:
        """The size of a tensor along an axis."""
        if name in self.grids and self.grids[name].shape[axis] > 1:
            return self.grids[name].shape[axis]
        return self._sizes[name][axis] if name in self._sizes else None


def _shrinking(grid: np.ndarray) -> int:
    """The axis along which channels go: the last of those along which they differ; along the others heads may stand."""
    return max((axis for axis, size in enumerate(grid.shape) if size > 1), default=0)
