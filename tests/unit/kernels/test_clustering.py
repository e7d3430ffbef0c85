"""k-means on a line: hand-made cases, and the exact optimum as oracle."""

import numpy as np
import pytest

from kernels.clustering import assign, kmeans


def optimum(values, k):
    """Least squared error of any k clusters, by dynamic programming over every cut; slow and plain."""
    values = np.sort(values.astype(np.float64).reshape(-1))
    values -= values.mean()
    sums, squares = (np.concatenate(([0], np.cumsum(x))) for x in (values, values**2))
    counts = np.maximum(np.arange(len(sums))[None, :] - np.arange(len(sums))[:, None], 1)
    error = squares[None, :] - squares[:, None] - (sums[None, :] - sums[:, None]) ** 2 / counts
    error[np.tril_indices(len(sums), -1)] = np.inf
    least = error[0]
    for _ in range(k - 1):
        least = (least[:, None] + error).min(axis=0)
    return least[-1]


def error_of(values, centroids):
    exact = values.astype(np.float64)
    return ((exact - centroids[assign(values, centroids)]) ** 2).sum()


def weights(kind, n=900):
    rng = np.random.default_rng(5)
    return {
        "normal": lambda: rng.normal(size=n),
        "laplace": lambda: rng.laplace(size=n),
        "heavy tails": lambda: rng.standard_t(3, size=n),
        "uniform": lambda: rng.random(n),
        "two far modes": lambda: np.concatenate((rng.normal(size=n // 2) / 100, 5 + rng.normal(size=n // 2))),
        "an outlier": lambda: np.append(rng.normal(size=n), 100),
        "mostly zeros": lambda: np.where(rng.random(n) < 0.7, 0, rng.normal(size=n)),
        "many ties": lambda: rng.normal(size=n).round(1),
    }[kind]().astype(np.float32)


KINDS = ("normal", "laplace", "heavy tails", "uniform", "two far modes", "an outlier", "mostly zeros", "many ties")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 8, 16])
def test_close_to_the_optimum(kind, k):
    values = weights(kind)
    assert error_of(values, kmeans(values, k)) <= 1.001 * optimum(values, k) + 1e-9


@pytest.mark.parametrize("kind", ["normal", "laplace", "uniform"])
@pytest.mark.parametrize("k", [32, 64, 128, 255])
def test_close_with_many_clusters(kind, k):
    values = weights(kind, 1500)
    assert error_of(values, kmeans(values, k)) <= 1.005 * optimum(values, k) + 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_exact_while_every_value_can_be_a_cut(kind):
    values = weights(kind, 90)
    n_clusters = len(np.unique(values)) * 2 // 3
    assert error_of(values, kmeans(values, n_clusters)) <= (1 + 1e-9) * optimum(values, n_clusters) + 1e-9


@pytest.mark.parametrize("n_clusters", range(1, 6))
def test_few_values_keep_their_own(n_clusters):
    values = np.array([[2, -1], [2, 0.5]], dtype=np.float32)
    centroids = kmeans(values, n_clusters)
    assert centroids.dtype == np.float32 and len(centroids) == min(n_clusters, 3) and (np.diff(centroids) > 0).all()
    if n_clusters >= 3:
        assert (centroids[assign(values, centroids)] == values).all()


def test_heavy_tails_still_give_every_cluster():
    values = np.exp(4 * np.random.default_rng(1).normal(size=2000)).astype(np.float32)
    assert len(kmeans(values, 256)) == 256


@pytest.mark.parametrize("size", [1e-45, 1e-38, 3e38])
def test_ends_of_float32(size):
    values = (np.linspace(-1, 1, 501) * np.float32(size)).astype(np.float32)
    centroids = kmeans(values, 4)
    assert np.isfinite(centroids).all() and (np.diff(centroids) > 0).all()
    assert set(assign(values, centroids)) == set(range(len(centroids)))


def test_neighbouring_numbers_are_told_apart():
    for start in (1.0, 1e-45, 3e38):
        values = np.array([start], dtype=np.float32)
        for _ in range(5):
            values = np.append(values, np.nextafter(values[-1], np.float32(np.inf)))
        assert (values[assign(values, kmeans(values, 8))] == values).all()


def test_order_does_not_matter():
    values = weights("normal")
    assert (kmeans(values, 8) == kmeans(values[::-1].reshape(-1, 4), 8)).all()


def test_assign_takes_the_nearest():
    values, centroids = weights("normal"), np.array([-1, -0.3, 0, 2], dtype=np.float32)
    assert (assign(values, centroids) == np.abs(values[:, None] - centroids).argmin(axis=1)).all()
