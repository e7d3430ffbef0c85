"""Each technique on weights small enough to check by hand, and what it says when it does not apply."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from kernels import TECHNIQUES
from kernels.channel_group import ChannelGroup, Member
from kernels.technique import Skipped
from kernels.weight import Affine, Float, Palette, Weight
from tests.techniques import run


def apply(technique, weights, channel_groups=(), **params):
    return run(technique, weights, params, channel_groups)


def weight(name, values, **fields):
    return Weight(name, np.array(values, dtype=np.float32), **fields)


FC1 = weight("fc1", [[1, 0], [9, 9], [0, 2]])
FC2 = weight("fc2", [[5, 1, 1], [5, 1, 1]])
CHAIN = (ChannelGroup(3, (Member("fc1"),), (Member("fc2"),)),)


def test_menu_order():
    assert list(TECHNIQUES) == [
        "structured", "factorize", "prune", "equalize", "palettize", "quantize", "repair", "activations",
    ]  # fmt: skip
    assert all(id == technique.id for id, technique in TECHNIQUES.items())
    assert all([p.primary for p in technique.parameters].count(True) == 1 for technique in TECHNIQUES.values())


def test_kernels_need_only_numpy():
    code = "import sys, kernels; print({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    ran = subprocess.run([sys.executable, "-Sc", _with_path(code)], capture_output=True, text=True, check=True)
    assert {name for name in eval(ran.stdout) if not name.startswith("_")} == {"kernels", "numpy"}


def _with_path(code):
    return f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; {code}"


def test_global_pruning_compares_layers_and_layer_pruning_does_not():
    small, large = weight("small", [[1, 2]]), weight("large", [[30, 40]])
    both = apply("prune", [small, large], sparsity=0.5)
    assert [w.values.tolist() for w in both] == [[[0, 0]], [[30, 40]]]
    assert both[0].notes == ("Every weight of it is pruned: its output no longer depends on its input.",)
    each = apply("prune", [small, large], sparsity=0.5, scope="layer")
    assert [w.values.tolist() for w in each] == [[[0, 2]], [[0, 40]]] and each[0].mask.tolist() == [[False, True]]


def test_pruned_twice_stays_pruned():
    (once,) = apply("prune", [weight("w", [[0, 3, 4, 5]])], sparsity=0.5)
    (twice,) = apply("prune", [once], sparsity=0.25)
    assert (twice.mask == once.mask).all()


def test_structured_pruning_removes_a_neuron_from_both_layers():
    fc1, fc2 = apply("structured", [FC1, FC2], CHAIN, sparsity=0.4)
    # norms: 1 * 7.07, 12.7 * 1.41, 2 * 1.41; the last is the smallest
    assert fc1.values.tolist() == [[1, 0], [9, 9]] and fc1.kept_out.tolist() == [0, 1] and fc1.kept_in is None
    assert fc2.values.tolist() == [[5, 1], [5, 1]] and fc2.kept_in.tolist() == [0, 1] and fc2.kept_out is None


def test_structured_pruning_again_counts_from_the_original():
    first = apply("structured", [FC1, weight("fc2", [[0, 1, 1]])], CHAIN, sparsity=0.4)
    fc1, fc2 = apply("structured", first, CHAIN, sparsity=0.5)
    assert first[0].kept_out.tolist() == [1, 2] and fc1.kept_out.tolist() == fc2.kept_in.tolist() == [1]


def test_structured_pruning_through_a_flatten():
    conv = weight("conv", np.array([1, 5, 3]).reshape(3, 1, 1, 1))
    head = weight("head", np.arange(12).reshape(2, 6) + 1)
    groups = [ChannelGroup(3, (Member("conv"),), (Member("head", 2),))]
    conv, head = apply("structured", [conv, head], groups, sparsity=0.34)
    assert conv.kept_out.tolist() == [1, 2] and conv.values.shape == (2, 1, 1, 1)
    assert head.kept_in.tolist() == [2, 3, 4, 5] and head.values.tolist() == [[3, 4, 5, 6], [9, 10, 11, 12]]


def test_structured_pruning_where_two_layers_make_the_same_channels():
    a, b, c = weight("a", [[1], [5]]), weight("b", [[9], [5]]), weight("c", [[1, 1]])
    channel_group = ChannelGroup(2, (Member("a"), Member("b")), (Member("c"),))
    results = apply("structured", [a, b, c], [channel_group], sparsity=0.5)
    assert [w.values.tolist() for w in results] == [[[1]], [[9]], [[1]]]


def test_structured_pruning_keeps_the_mask_and_one_channel():
    masked = replace(FC1, mask=FC1.values != 0)
    fc1, fc2 = apply("structured", [masked, FC2], CHAIN, sparsity=0.99)
    assert fc1.values.tolist() == [[9, 9]] and fc1.mask.tolist() == [[True, True]] and fc2.values.shape == (2, 1)
    unchanged = apply("structured", [FC1, FC2], CHAIN, sparsity=0)
    assert [w.values.shape for w in unchanged] == [(3, 2), (2, 3)] and unchanged[0].kept_out is None


def test_structured_pruning_says_what_it_cannot_do():
    (alone,) = apply("structured", [FC1], CHAIN, sparsity=0.5)
    assert alone == Skipped("Channels it shares with fc2 stay: fc2 cannot become smaller in this step.")
    (apart,) = apply("structured", [FC1], sparsity=0.5)
    assert apart.reason.startswith("no channel of it can go")
    (coded,) = apply("quantize", [FC2])
    left, late = apply("structured", [FC1, coded], CHAIN, sparsity=0.5)
    assert "put it before palettize and quantize" in late.reason and "fc2" in left.reason


def test_structured_pruning_notes_a_side_that_stays():
    fc3 = weight("fc3", [[1, 2]])
    more = ChannelGroup(2, (Member("fc2"),), (Member("fc3"),)), ChannelGroup(1, (Member("fc3"),), (Member("fc4"),))
    chain = [*CHAIN, *more]
    fc1, fc2, fc3 = apply("structured", [FC1, FC2, fc3], chain, sparsity=0.5)
    assert fc1.notes == fc2.notes == () and fc2.values.shape == (1, 2) and fc3.values.shape == (1, 1)
    assert fc3.notes == ("Channels it shares with fc4 stay: fc4 cannot become smaller in this step.",)


def test_structured_pruning_refuses_groups_that_disagree():
    with pytest.raises(ValueError, match="fc1, fc2 differ in the channels they share"):
        apply("structured", [FC1, FC2], [ChannelGroup(3, (Member("fc1"),), (Member("fc2", 3),))])


def test_pruning_integers_uses_the_zero_point():
    (coded,) = apply("quantize", [weight("w", [[-1, 0.3, 2, 1.4]])], bits=2, scheme="asymmetric")
    (pruned,) = apply("prune", [coded], sparsity=0.75)
    assert pruned.form.codes.tolist() == [[1, 1, 3, 1]] and pruned.values.tolist() == [[0, 0, 2, 0]]


def test_pruning_then_palettizing_then_quantizing_keeps_the_zeros():
    weights = [weight("w", np.random.default_rng(0).normal(size=(8, 9)))]
    pruned = apply("prune", weights, sparsity=0.5)
    shared = apply("palettize", pruned, bits=2)
    (stored,) = apply("quantize", shared, bits=8)
    assert isinstance(stored.form, Palette) and isinstance(stored.form.lut_form, Affine)
    assert stored.form.lut.shape == (1, 4)
    assert ((stored.values == 0) == ~stored.mask).all() and (~stored.mask).sum() == 36


def test_palettize_shares_tables_between_neighbouring_channels():
    weights = [weight("w", np.random.default_rng(0).normal(size=(10, 9)))]
    (grouped,) = apply("palettize", weights, bits=2, granularity="per_grouped_channel", group_size=4)
    assert grouped.form.lut.shape == (3, 4) and grouped.form.group_size == 4
    (whole,) = apply("palettize", weights, bits=2, granularity="per_grouped_channel", group_size=16)
    assert whole.form.lut.shape == (1, 4) and whole.form.group_size == 10


def test_palettize_with_vectors_keeps_pruned_weights_at_zero():
    weights = [weight("w", np.random.default_rng(0).normal(size=(9, 10)))]
    pruned = apply("prune", weights, sparsity=0.5)
    (shared,) = apply("palettize", pruned, bits=3, cluster_dim=4)
    assert shared.form.lut.shape == (1, 8, 4) and shared.form.indices.shape == (3, 10)
    assert ((shared.values == 0) == ~shared.mask).all() and (~shared.mask).sum() == 45
    (more,) = apply("prune", [shared], sparsity=0.8)
    assert more.form is shared.form and (more.values[more.mask] == shared.values[more.mask]).all()
    assert (more.values == 0).sum() == 72


def test_a_vector_is_no_longer_than_there_are_channels():
    (one,) = apply("palettize", [weight("w", [[1, 2, 3]])], cluster_dim=4)
    assert one.form.cluster_dim == 1 and one.values.tolist() == [[1, 2, 3]]


def test_channel_scales_help_where_channels_differ():
    rows = np.random.default_rng(0).normal(size=(8, 40)) * np.logspace(-3, 0, 8)[:, None]
    weights = [weight("w", rows), weight("dead", np.zeros((3, 2)))]
    errors = {}
    for scaled in ("no", "yes"):
        (coded, dead) = apply("palettize", weights, bits=3, per_channel_scale=scaled)
        errors[scaled] = (np.linalg.norm(coded.values - rows, axis=1) / np.linalg.norm(rows, axis=1)).mean()
        assert not dead.values.any()
    assert errors["yes"] < errors["no"] / 3
    assert (coded.form.scale == np.abs(rows).max(axis=1).astype(np.float32)).all()
    assert dead.form.scale.tolist() == [1, 1, 1]


def test_tables_of_smaller_numbers_without_another_step():
    weights = [weight("w", np.random.default_rng(0).normal(size=(8, 9)))]
    (half,) = apply("palettize", weights, lut_dtype="fp16")
    assert half.form.lut_form.bits == 16 and (half.form.lut == half.form.lut.astype(np.float16)).all()
    (byte,) = apply("palettize", weights, lut_dtype="int8")
    (twice,) = apply("quantize", apply("palettize", weights), bits=8)
    assert byte.form.lut_form.symmetric and (byte.values == twice.values).all()
    (large,) = apply("palettize", [weight("w", [[7e4, 1]])], lut_dtype="fp16")
    assert large == Skipped("its largest weight is 7e+04, and fp16 ends at 65504")
    (scaled,) = apply("palettize", [weight("w", [[7e4, 1]])], lut_dtype="fp16", per_channel_scale="yes")
    assert scaled.values[0, 0] == 7e4
    (larger,) = apply("palettize", [weight("w", [[3e38, 1]])], lut_dtype="int8")
    assert "too close to the end of float32" in larger.reason


def test_uniform_palettes_have_no_vectors_and_say_so():
    (even,) = apply("palettize", [weight("w", [[0, 1], [2, 6]])], bits=2, mode="uniform", cluster_dim=2)
    assert even.form.lut.tolist() == [[0, 2, 4, 6]] and even.values.tolist() == [[0, 0], [2, 6]]
    assert even.notes[0].startswith("A table of evenly spaced values has no vectors")


def test_one_bit_is_asymmetric_and_says_so():
    (coded,) = apply("quantize", [FC1], bits=1)
    assert not coded.form.symmetric and coded.form.bits == 1 and coded.form.codes.max() == 1
    assert coded.notes == ("1 bit has two values and one of them is zero, so the scheme is asymmetric.",)
    assert apply("quantize", [FC1], bits=1, scheme="asymmetric")[0].notes == ()


def test_blocks_of_one_input_channel_become_channels():
    (coded,) = apply("quantize", [weight("conv", np.ones((4, 1, 3, 3)))], granularity="per_block")
    assert coded.form.block_shape == (1, 1, 3, 3) and "one input channel" in coded.notes[0]


def test_fp16():
    (half,) = apply("quantize", [weight("w", [[0.1, 65504]])], dtype="fp16")
    assert half.form.bits == 16 and isinstance(half.form, Float) and half.values.tolist() == [[0.0999755859375, 65504]]
    (large,) = apply("quantize", [weight("w", [[65505]])], dtype="fp16")
    assert large == Skipped("its largest weight is 6.55e+04, and fp16 ends at 65504")


def test_too_large_for_a_scale():
    (large,) = apply("quantize", [weight("w", [[-2e38, 0]])])
    assert "too close to the end of float32" in large.reason


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_what_is_not_a_number(technique, bad):
    with pytest.raises(ValueError, match="^'fc9' holds 1 values that are NaN or infinite; every weight must be"):
        apply(technique, [FC1, weight("fc9", [[1, bad]])])


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_to_compress(technique, shape):
    empty = weight("empty", np.empty(shape))
    first, result, last = apply(technique, [FC1, empty, FC2], CHAIN)
    assert result == Skipped("it has no weights") and first.name == "fc1" and last.name == "fc2"
    assert apply(technique, []) == []
