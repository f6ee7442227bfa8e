"""K-Means groups: found, numbered like the last time, and described."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SILHOUETTE_COUNTS = (2, 3, 4, 5, 6, 7)

_SEED = 0
_STARTS = 20


@dataclass(frozen=True)
class Groups:
    """Servers in groups.

    Attributes
    ----------
    labels
        Group of each server, from 0 up, shape (servers,).
    distances
        Distance to the centre of the own group, scaled units, shape (servers,).
    """

    labels: Integers
    distances: Floats


def find_groups(points: Floats, *, count: int) -> Groups:
    """Group points by K-Means, the same for the same points.

    Parameters
    ----------
    points
        Shape (servers, features), at least `count` of them distinct.
    count
        Number of groups.
    """
    # on one thread: partial sums of several would be added in any order
    with threadpool_limits(limits=1):
        model = KMeans(n_clusters=count, n_init=_STARTS, random_state=_SEED)
        labels = model.fit_predict(points).astype(np.int64)
        offsets = points - model.cluster_centers_[labels]
    return Groups(labels=labels, distances=np.sqrt((offsets**2).sum(axis=1)))


def silhouettes(points: Floats) -> dict[int, Floats]:
    """Return each server's silhouette value for every number of groups up to 7."""
    values: dict[int, Floats] = {}
    for count in SILHOUETTE_COUNTS:
        groups = find_groups(points, count=count)
        with threadpool_limits(limits=1):
            values[count] = silhouette_samples(points, groups.labels)
    return values


def aligned_numbers(
    labels: Integers, previous: Integers, *, order: Integers
) -> Integers:
    """Return the number of each group, kept from the last run where servers stayed.

    The assignment (Hungarian) keeps as many servers as it can under the number they
    had; a group that inherits none takes the smallest number left.

    Parameters
    ----------
    labels
        Group of each server, from 0 up, shape (servers,).
    previous
        Its number in the last run, from 1 up, 0 when it had none, shape (servers,).
    order
        Every group once, in the order in which numbers are given without a last run.

    Returns
    -------
    numpy.ndarray
        Number of each group, from 1 up, shape (groups,).
    """
    count = len(order)
    width = max(count, int(previous.max(initial=0)))
    stayed = np.zeros((count, width), dtype=np.int64)
    known = previous > 0
    np.add.at(stayed, (labels[known], previous[known] - 1), 1)
    numbers = np.zeros(count, dtype=np.int64)
    rows, columns = linear_sum_assignment(stayed[order], maximize=True)
    for row, column in zip(rows, columns, strict=True):
        if stayed[order[row], column] > 0:
            numbers[order[row]] = column + 1
    free = (number for number in range(1, width + count + 1) if number not in numbers)
    for label, number in zip(order[numbers[order] == 0], list(free), strict=False):
        numbers[label] = number
    return numbers


def drivers(points: Floats, labels: Integers) -> Integers:
    """Return the feature that sets each group apart most from all other servers.

    Returns
    -------
    numpy.ndarray
        Column of `points` with the largest distance of means, shape (groups,).
    """
    return np.array(
        [
            int(
                np.abs(
                    points[labels == label].mean(axis=0)
                    - points[labels != label].mean(axis=0)
                ).argmax()
            )
            for label in range(int(labels.max()) + 1)
        ],
        dtype=np.int64,
    )
