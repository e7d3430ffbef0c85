"""Promises every technique keeps, for any weights, any parameters and any order of a recipe."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kernels import TECHNIQUES
from kernels.channel_group import ChannelGroup, Member
from kernels.storage import affine, lookup
from kernels.storage.encoding import decode
from kernels.storage.granularity import n_blocks, spread_blocks
from kernels.technique import Skipped
from kernels.weight import Affine, Float, Float8, LowRank, Palette, RealAffine, Weight
from tests.techniques import run

EXAMPLES = settings(max_examples=80, deadline=None)
BIG = float(np.float32(1e38))
NUMBERS = st.one_of(
    st.floats(-2, 2, width=32),
    st.sampled_from([0.0, -0.0, 0.5, -0.5, 1e-45, 1e-38, -1e-40, 65504.0, -7e4, BIG, -BIG]).map(np.float32),
)


@st.composite
def networks(draw):
    """A convolution, a Gemm behind a Flatten and a Gemm, coupled, with hand-picked and random weights."""
    a, b, c, kernel, spread = (draw(st.integers(1, n)) for n in (5, 5, 7, 3, 4))
    shapes = {"conv": (a, draw(st.integers(1, 3)), kernel, 2), "fc1": (b, a * spread), "fc2": (c, b)}
    if draw(st.booleans()):
        scale = draw(st.sampled_from([1, 1e-3, 1e4]))
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        values = {name: (rng.normal(size=shape) * scale).astype(np.float32) for name, shape in shapes.items()}
    else:
        values = {name: draw(arrays.arrays(np.float32, shape, elements=NUMBERS)) for name, shape in shapes.items()}
    if draw(st.booleans()):  # not contiguous
        values = {name: np.asfortranarray(array) for name, array in values.items()}
    channel_groups = (
        ChannelGroup(a, (Member("conv"),), (Member("fc1", spread),)),
        ChannelGroup(b, (Member("fc1"),), (Member("fc2"),)),
    )  # fmt: skip
    return [Weight(name, array) for name, array in values.items()], channel_groups


def values_of(parameter):
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    numbers = st.integers if parameter.kind == "int" else st.floats
    return numbers(parameter.low, parameter.high)


@st.composite
def steps(draw, techniques=tuple(TECHNIQUES)):
    technique = TECHNIQUES[draw(st.sampled_from(techniques))]
    return technique, technique.check({p.name: draw(values_of(p)) for p in technique.parameters})


def apply(step, weights, channel_groups, first=None):
    """What a step makes of weights that were `first` when the recipe began."""
    technique, params = step
    originals = {weight.name: weight for weight in first or weights}
    return run(technique.id, weights, params, channel_groups, originals=originals)


def after(weights, results):
    """The weights for the next step: a skipped one goes on as it was."""
    return [old if isinstance(new, Skipped) else new for old, new in zip(weights, results, strict=True)]


def same(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def check(weight):
    """Everything that holds for a weight between any two steps."""
    values, form = weight.values, weight.form
    assert values.dtype == np.float32 and np.isfinite(values).all()
    assert same(decode(weight), values)
    if weight.mask is not None:
        assert weight.mask.dtype == bool and weight.mask.shape == values.shape and not values[~weight.mask].any()
    if isinstance(form, LowRank):
        assert weight.mask is None and form.inner.values.shape[1:] == values.shape[1:]
        check(form.inner)
        check(form.outer)
    elif isinstance(form, Affine | RealAffine):
        check_affine(form, values.shape)
        assert isinstance(form, Affine) or weight.mask is None or weight.mask.all()
    elif isinstance(form, Palette):
        check_palette(form, values.shape)
    elif isinstance(form, Float8):
        assert form.codes.dtype == np.uint8 and form.codes.shape == values.shape and (form.codes % 128 < 127).all()
        check_scale(form, values.shape)
    else:
        assert isinstance(form, Float) and (form.bits, form.kind) in ((16, "float"), (16, "bfloat"), (32, "float"))
    activation = weight.activation
    if activation is not None and activation.scale is not None:
        assert activation.scale.dtype == np.float32 and activation.scale > 0 and 0 <= activation.zero_point < 256
    for kept, n in ((weight.kept_out, values.shape[0]), (weight.kept_in, values.shape[1])):
        assert kept is None or (kept.dtype == np.int64 and len(kept) == n and (np.diff(kept) > 0).all())


def check_affine(form, shape):
    low, high = (1 - 2 ** (form.bits - 1), 2 ** (form.bits - 1) - 1) if form.symmetric else (0, 2**form.bits - 1)
    assert form.codes.dtype == np.int16 and form.codes.shape == shape
    assert low <= form.codes.min() and form.codes.max() <= high
    assert form.zero_point.dtype == (np.int16 if isinstance(form, Affine) else np.float32)
    assert form.zero_point.shape == form.scale.shape and np.isfinite(form.zero_point).all()
    assert not form.symmetric or (form.bits > 1 and not form.zero_point.any())
    check_scale(form, shape)


def check_scale(form, shape):
    assert form.scale.dtype == np.float32 and form.scale.shape == n_blocks(shape, form.block_shape)
    assert (form.scale > 0).all() and np.isfinite(form.scale).all()
    if isinstance(form.scale_form, Affine):
        check_affine(form.scale_form, form.scale.shape)
        assert form.scale_form.scale_form is None and same(affine.dequantize(form.scale_form), form.scale)
    elif form.scale_form is not None:
        assert form.scale_form.bits == 16 and same(form.scale.astype(np.float16).astype(np.float32), form.scale)


def check_palette(form, shape):
    groups, rows = -(-shape[0] // form.group_size), -(-shape[0] // form.cluster_dim)
    assert form.indices.dtype == np.uint8 and form.indices.shape == (rows, *shape[1:]) and form.lut.dtype == np.float32
    assert form.lut.shape[0] == groups and form.indices.max() < form.lut.shape[1] <= 2**form.bits
    assert np.isfinite(form.lut).all() and form.cluster_dim <= 4
    assert (np.diff(form.lut if form.cluster_dim == 1 else form.lut[..., 0]) >= 0).all()
    if form.scale is not None:
        assert form.scale.dtype == np.float32 and form.scale.shape == shape[:1] and (form.scale > 0).all()
    if isinstance(form.lut_form, Affine):
        check_affine(form.lut_form, form.lut.shape)
        assert form.lut_form.block_shape == (1, *form.lut.shape[1:])


@EXAMPLES
@given(networks(), steps())
def test_one_step_keeps_its_promises(network, step):
    weights, channel_groups = network
    before = [weight.values.copy() for weight in weights]
    results = apply(step, weights, channel_groups)
    assert len(results) == len(weights)
    for weight, result, old in zip(weights, results, before, strict=True):
        assert same(weight.values, old), "the input was modified"
        if isinstance(result, Skipped):
            assert result.reason
            continue
        assert result.name == weight.name
        check(result)
        if step[0].id != "structured":
            assert result.values.shape == weight.values.shape
    for result, again in zip(results, apply(step, weights, channel_groups), strict=True):
        assert result == again if isinstance(result, Skipped) else same(result.values, again.values)


@EXAMPLES
@given(networks(), st.lists(steps(), min_size=2, max_size=4))
def test_any_recipe_keeps_its_promises_and_its_zeros(network, recipe):
    weights, channel_groups = network
    first = weights
    for step in recipe:
        earlier, weights = weights, after(weights, apply(step, weights, channel_groups, first))
        for old, new in zip(earlier, weights, strict=True):
            check(new)
            if old.mask is not None and old.values.shape == new.values.shape:
                assert not new.values[~old.mask].any() and not (new.mask & ~old.mask).any()


@EXAMPLES
@given(networks(), steps(("quantize",)))
def test_affine_error_is_at_most_half_a_step(network, step):
    if step[1]["range"] != "minmax":
        return  # these clip on purpose
    for weight, result in zip(network[0], apply(step, *network), strict=True):
        if not isinstance(result, Skipped) and isinstance(result.form, Affine):
            form = result.form
            step_size = spread_blocks(form.scale, form.block_shape, weight.values.shape)
            error = np.abs(result.values.astype(np.float64) - weight.values)
            # half a step, and the float32 rounding of scale and product: 2**-23 of the value for each
            assert (error <= 0.5 * step_size + 2.0**-21 * np.abs(weight.values.astype(np.float64))).all()


@EXAMPLES
@given(networks(), st.sampled_from(["fp32", "fp16", "int8"]), st.sampled_from(["per_channel", "per_block"]))
def test_fp8_error_is_at_most_half_its_last_digit(network, scales, granularity):
    step = (
        TECHNIQUES["quantize"],
        TECHNIQUES["quantize"].check({"dtype": "fp8", "scales": scales, "granularity": granularity}),
    )
    for weight, result in zip(network[0], apply(step, *network), strict=True):
        if not isinstance(result, Skipped):
            form, exact = result.form, weight.values.astype(np.float64)
            scale = spread_blocks(form.scale, form.block_shape, exact.shape)
            # four digits; below 2**-6 steps of 2**-9; and the float32 rounding of quotient and product
            assert (np.abs(result.values - exact) <= np.maximum(np.abs(exact) / 16, scale / 1024) * 1.00001).all()


@EXAMPLES
@given(networks(), st.floats(0, 0.99), st.sampled_from(["global", "layer"]))
def test_pruning_removes_an_exact_count_and_nothing_larger_than_what_stays(network, sparsity, scope):
    step = TECHNIQUES["prune"], TECHNIQUES["prune"].check({"sparsity": sparsity, "scope": scope})
    pairs = list(zip(network[0], apply(step, *network), strict=True))
    for group in [pairs] if scope == "global" else [[pair] for pair in pairs]:
        magnitudes = np.concatenate([np.abs(weight.values).reshape(-1) for weight, _ in group])
        kept = np.concatenate([result.mask.reshape(-1) for _, result in group])
        assert (~kept).sum() == int(round(step[1]["sparsity"] * kept.size, 6))
        assert magnitudes[~kept].max(initial=0) <= magnitudes[kept].min(initial=np.inf)


@EXAMPLES
@given(networks(), st.floats(0, 0.99))
def test_structured_pruning_keeps_rows_and_columns_of_the_original(network, sparsity):
    weights, channel_groups = network
    step = TECHNIQUES["structured"], TECHNIQUES["structured"].check({"sparsity": sparsity})
    results = {result.name: result for result in apply(step, weights, channel_groups)}
    for weight in weights:
        result = results[weight.name]
        rows = np.arange(weight.values.shape[0]) if result.kept_out is None else result.kept_out
        columns = np.arange(weight.values.shape[1]) if result.kept_in is None else result.kept_in
        assert (result.values == weight.values[rows][:, columns]).all()
    for channel_group in channel_groups:
        (made,), (read,) = channel_group.producers, channel_group.consumers
        assert results[made.name].values.shape[0] * read.spread == results[read.name].values.shape[1]
    assert results["fc2"].kept_out is None and results["conv"].kept_in is None


@EXAMPLES
@given(networks(), steps(("palettize",)))
def test_more_clusters_than_values_loses_nothing(network, step):
    exact = {"mode": "kmeans", "per_channel_scale": "no", "lut_dtype": "fp32"}
    step = step[0], step[1] | exact  # what else there is rounds
    for weight, result in zip(network[0], apply(step, *network), strict=True):
        form = result.form
        if form.cluster_dim > 1:
            assert (result.values == weight.values).all() or form.indices.size > 2**form.bits
            continue
        for first in range(0, len(weight.values), form.group_size):
            group = weight.values[first : first + form.group_size]
            if len(np.unique(group)) <= 2**form.bits:
                assert (lookup.decode(form)[first : first + form.group_size] == group).all()


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-45])
@pytest.mark.parametrize("bits", range(1, 9))
def test_constant_weights_survive_a_palette(value, bits):
    weight = Weight("w", np.full((3, 4), value, dtype=np.float32))
    step = TECHNIQUES["palettize"], TECHNIQUES["palettize"].check({"bits": bits})
    (result,) = apply(step, [weight], ())
    assert (result.values == weight.values).all() and result.form.lut.shape == (1, 1)


every_technique = pytest.mark.parametrize("technique", TECHNIQUES)


@every_technique
@pytest.mark.parametrize("shape", [(), (3,)])
def test_what_has_no_rows_and_columns_is_refused(technique, shape):
    with pytest.raises(ValueError, match="^'w' has shape .* rows and columns"):
        run(technique, [Weight("w", np.ones(shape, np.float32))], {})


@every_technique
@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_what_is_empty_is_left_out(technique, shape):
    (result,) = run(technique, [Weight("w", np.ones(shape, np.float32))], {})
    assert isinstance(result, Skipped)


@every_technique
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(technique, value):
    with pytest.raises(ValueError, match="^'w' holds 1 values that are NaN or infinite"):
        run(technique, [Weight("w", np.array([[1, value, 2]], np.float32))], {})


@pytest.mark.parametrize("sparsity", [-0.01, 1, 1.5, np.nan])
def test_nothing_is_pruned_altogether(sparsity):
    with pytest.raises(ValueError, match="sparsity"):
        TECHNIQUES["prune"].check({"sparsity": sparsity})
