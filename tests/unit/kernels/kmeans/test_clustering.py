"""k-means on a line: hand-made cases, and the exact optimum as oracle."""

from functools import cache

import numpy as np
import pytest

from kernels.kmeans.clustering import kmeans
from kernels.kmeans.line import Line, ascending


@cache
def optima(kind, n):
    """Least squared errors of 1 to 256 clusters, by dynamic programming over every cut; slow and plain."""
    values = np.sort(weights(kind, n).astype(np.float64))
    values -= values.mean()
    sums, squares = (np.concatenate(([0], np.cumsum(x))) for x in (values, values**2))
    counts = np.maximum(np.arange(len(sums))[None, :] - np.arange(len(sums))[:, None], 1)
    error = squares[None, :] - squares[:, None] - (sums[None, :] - sums[:, None]) ** 2 / counts
    error[np.tril_indices(len(sums), -1)] = np.inf
    best = [error[0]]
    while len(best) < 256:
        best.append((best[-1][:, None] + error).min(axis=0))
    return [least[-1] for least in best]


def error_of(values, n_clusters):
    centroids, indices = kmeans(values, n_clusters)
    return ((values.astype(np.float64) - centroids[indices]) ** 2).sum()


def weights(kind, n):
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
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 8, 16, 32, 64, 128, 255])
def test_close_to_the_optimum(kind, k):
    values = weights(kind, 700)
    assert error_of(values, k) <= 1.001 * optima(kind, 700)[k - 1] + 1e-10 * np.square(values).sum()


@pytest.mark.parametrize("kind", ["normal", "laplace", "uniform"])
@pytest.mark.parametrize("k", [7, 16, 64, 256])
def test_close_with_more_values(kind, k):
    assert error_of(weights(kind, 1500), k) <= 1.001 * optima(kind, 1500)[k - 1]


@pytest.mark.parametrize("kind", KINDS)
def test_exact_while_every_value_can_be_a_cut(kind):
    values = weights(kind, 90)
    n_clusters = len(np.unique(values)) * 2 // 3
    assert error_of(values, n_clusters) <= (1 + 1e-9) * optima(kind, 90)[n_clusters - 1] + 1e-9


@pytest.mark.parametrize("n_clusters", range(1, 6))
def test_few_values_keep_their_own(n_clusters):
    values = np.array([[2, -1], [2, 0.5]], dtype=np.float32)
    centroids, indices = kmeans(values, n_clusters)
    assert centroids.dtype == np.float32 and len(centroids) == min(n_clusters, 3) and (np.diff(centroids) > 0).all()
    if n_clusters >= 3:
        assert (centroids[indices] == values).all()


def test_heavy_tails_still_give_every_cluster():
    values = np.exp(4 * np.random.default_rng(1).normal(size=2000)).astype(np.float32)
    assert len(kmeans(values, 256)[0]) == 256


@pytest.mark.parametrize("size", [1e-45, 1e-38, 3e38])
def test_ends_of_float32(size):
    values = (np.linspace(-1, 1, 501) * np.float32(size)).astype(np.float32)
    centroids, indices = kmeans(values, 4)
    assert np.isfinite(centroids).all() and (np.diff(centroids) > 0).all()
    assert set(indices) == set(range(len(centroids)))


def test_neighbouring_numbers_are_told_apart():
    for start in (1.0, 1e-45, 3e38):
        values = np.array([start], dtype=np.float32)
        for _ in range(5):
            values = np.append(values, np.nextafter(values[-1], np.float32(np.inf)))
        assert (kmeans(values, 8)[1] == np.arange(6)).all()


def test_order_does_not_matter():
    values = weights("normal", 700)
    centroids, indices = kmeans(values, 8)
    again, turned = kmeans(values[::-1].reshape(-1, 4), 8)
    assert (again == centroids).all() and (turned.reshape(-1)[::-1] == indices).all()


def test_every_weight_takes_the_nearest_centroid():
    values, centroids = weights("normal", 700), np.array([-1, -0.3, 0, 2, 9], dtype=np.float32)
    nearest = np.abs(values.astype(np.float64)[:, None] - centroids).argmin(axis=1)
    assert (Line.of(values).nearest(centroids) == nearest).all()
    assert Line.of(np.float32([-1, 1, 3])).nearest(np.float32([0, 2])).tolist() == [0, 0, 1]  # 1 is half way


def test_numbers_are_put_in_order_by_their_bits():
    ends = np.float32([0, -0.0, 1e-45, -1e-45, 3e38, -3e38])
    values = np.concatenate((weights("normal", 700), ends, weights("many ties", 700)))
    assert (values[ascending(values)] == np.sort(values)).all()
    assert ascending(np.float32([5])).tolist() == [0]
