"""Graphs are what the runtime reads and computes."""

import numpy as np
import pytest

from minga.infrastructure.onnx_graph import Graph

runtime = pytest.importorskip("onnxruntime", reason="minga[memory] is not installed")


def test_a_graph_computes_what_its_operators_say() -> None:
    graph = Graph()
    first, second = graph.add("Split", "given", results=2, axis=-1, num_outputs=2)
    grown = graph.one("Mul", first, graph.constant(np.arange(200, dtype=np.float32)))
    result = graph.one("Concat", graph.one("Relu", grown), graph.one("LeakyRelu", second, alpha=0.5), axis=-1)
    encoded = graph.encoded("given", graph.own("QuickGelu", result, alpha=0.0), 400)
    session = runtime.InferenceSession(encoded, providers=["CPUExecutionProvider"])
    given = np.linspace(-1, 1, 1200, dtype=np.float32).reshape(1, 3, 400)
    halves = given[..., :200] * np.arange(200), given[..., 200:]
    expected = np.concatenate([np.maximum(halves[0], 0), np.where(halves[1] < 0, halves[1] / 2, halves[1])], axis=-1)
    assert np.allclose(session.run(None, {"given": given})[0], expected / 2, atol=1e-5)
