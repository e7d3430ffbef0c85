"""k-means of vectors: hand-made cases, zeros that do not count, and scikit-learn's best of ten as oracle."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from kernels.kmeans.vector_clustering import kmeans


def squared_error(vectors, centroids, indices, kept=True):
    return (np.where(kept, vectors.astype(np.float64) - centroids[indices], 0) ** 2).sum()


def vectors(kind, n, d):
    rng = np.random.default_rng(3)
    return {
        "normal": lambda: rng.normal(size=(n, d)),
        "laplace": lambda: rng.laplace(size=(n, d)),
        "heavy tails": lambda: rng.standard_t(3, size=(n, d)),
        "uneven": lambda: rng.normal(size=(n, d)) * rng.gamma(1, size=(n, 1)),
    }[kind]().astype(np.float32)


@pytest.mark.parametrize("kind", ["normal", "laplace", "heavy tails", "uneven"])
@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("k", [2, 4, 16, 64, 256])
def test_about_as_good_as_the_best_of_ten_runs_of_scikit_learn(kind, d, k):
    array = vectors(kind, 2500, d)
    theirs = KMeans(k, n_init=10, random_state=0).fit(array).inertia_
    ours = [squared_error(array, *kmeans(array, k, seed=seed)) for seed in range(3)]
    assert np.mean(ours) <= 1.01 * theirs and max(ours) <= 1.03 * theirs  # both end in local optima


@pytest.mark.parametrize("k", [4, 16, 64])
def test_a_sample_is_enough_to_search_on(k):
    array = vectors("uneven", 20_000, 2)
    theirs = KMeans(k, n_init=3, random_state=0).fit(array).inertia_
    assert squared_error(array, *kmeans(array, k)) <= 1.02 * theirs


def test_every_vector_has_the_nearest_centroid_in_order():
    array = vectors("normal", 700, 3)
    centroids, indices = kmeans(array, 9)
    assert centroids.shape == (9, 3) and centroids.dtype == np.float32 and indices.dtype == np.uint8
    assert (np.diff(centroids[:, 0]) > 0).all() and set(indices) == set(range(9))
    nearest = ((array[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == indices).mean() > 0.98  # the last step moves centroids once more


def test_elements_that_do_not_count_do_not_matter():
    array = vectors("normal", 900, 2)
    kept = np.random.default_rng(1).random(array.shape) < 0.6
    plain = kmeans(array, 8, kept=kept)
    noisy = kmeans(np.where(kept, array, 99).astype(np.float32), 8, kept=kept)
    assert (plain[0] == noisy[0]).all() and (plain[1] == noisy[1]).all()
    blind = kmeans(np.where(kept, array, 0).astype(np.float32), 8)
    assert squared_error(array, *plain, kept) < 0.8 * squared_error(array, *blind, kept)


def test_nothing_counts():
    centroids, indices = kmeans(np.ones((5, 2), np.float32), 4, kept=np.zeros((5, 2), bool))
    assert centroids.tolist() == [[0, 0]] and not indices.any()


@pytest.mark.parametrize("size", [1e-45, 1e-30, 1, 3e38])
def test_few_vectors_keep_their_own(size):
    few = (np.array([[0, 0], [0, 1], [1, 1], [-1, 0.5]]) * size).astype(np.float32)
    array = few[np.random.default_rng(0).integers(4, size=5000)]
    for k in (4, 7, 64):
        centroids, indices = kmeans(array, k)
        assert (centroids[indices] == array).all() and len(centroids) == len(np.unique(few, axis=0))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_more_clusters_than_vectors(n):
    array = vectors("normal", n, 4)
    centroids, indices = kmeans(array, 256)
    assert (centroids[indices] == array).all() and len(centroids) == n


def test_far_from_zero():
    array = 1000 + vectors("normal", 2000, 2)
    theirs = KMeans(8, n_init=10, random_state=0).fit(array.astype(np.float64)).inertia_
    assert squared_error(array, *kmeans(array, 8)) <= 1.01 * theirs


def test_the_seed_decides_and_nothing_else():
    array = vectors("laplace", 4000, 2)
    assert (kmeans(array, 16, seed=3)[0] == kmeans(array, 16, seed=3)[0]).all()
    assert (kmeans(array, 16, seed=3)[0] != kmeans(array, 16, seed=4)[0]).any()
