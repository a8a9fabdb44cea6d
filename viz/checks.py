"""Checks of the arguments that several functions take: they say who expected what."""

from typing import Any

DIRECTIONS = ("LR", "TB", "RL", "BT")


def check_size(who: str, n_nodes: int, max_nodes: int, verb: str) -> None:
    """Refuse a graph that is too large; the verb says what to do with a part of it."""
    if n_nodes > max_nodes:
        raise ValueError(
            f"{who}: expected a graph of at most {max_nodes} nodes, got {n_nodes}; "
            f"{verb} a part of it (an inner node, one sample), or pass max_nodes={n_nodes}"
        )


def hint_of_model(given: Any) -> str:
    """What to pass instead of an estimator in scikit-learn's manner, which holds the model that it trained; else ""."""
    return "; pass the network that it trained, as in clf.model_" if hasattr(given, "model_") else ""
