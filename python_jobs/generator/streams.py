"""Random numbers that depend on the seed, the server and the purpose, on nothing else.

Each (server, purpose) has a counter-based stream of its own, so a server keeps its
numbers when the fleet grows, when the window gets longer, or when another effect draws
more. The key is a hash of text, so neither the machine nor ``PYTHONHASHSEED`` matters.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def stream(seed: int, *, purpose: str, server_number: int) -> np.random.Generator:
    """Return the generator of one server and purpose."""
    text = f"{seed}/{purpose}/{server_number}".encode()
    key = int.from_bytes(hashlib.sha256(text).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=key))


def uniforms(
    seed: int, *, purpose: str, servers: int, shape: tuple[int, ...]
) -> Floats:
    """Return uniform draws on [0, 1), shape (servers, *shape)."""
    draws = np.empty((servers, *shape))
    for number in range(servers):
        generator = stream(seed, purpose=purpose, server_number=number)
        draws[number] = generator.random(shape)
    return draws


def normals(seed: int, *, purpose: str, servers: int, shape: tuple[int, ...]) -> Floats:
    """Return standard normal draws, shape (servers, *shape)."""
    draws = np.empty((servers, *shape))
    for number in range(servers):
        generator = stream(seed, purpose=purpose, server_number=number)
        draws[number] = generator.standard_normal(shape)
    return draws


def ranks(seed: int, *, purpose: str, servers: int) -> NDArray[np.int64]:
    """Return a random order of the servers: the rank of each, 0 first."""
    draws = uniforms(seed, purpose=purpose, servers=servers, shape=())
    order = np.argsort(draws, kind="stable")
    rank = np.empty(servers, dtype=np.int64)
    rank[order] = np.arange(servers)
    return rank
