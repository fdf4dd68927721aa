"""Writes a trained verifier as one small ONNX file: int8 weights, float32 activations between."""

import os
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def write_int8(model: torch.nn.Module, file: Path) -> None:
    """Write a model that maps :data:`INPUTS`, int64 (n, length), to ``logits``, float32 (n,).

    Weights of matrix products become int8 by channel; the words' vectors int8 by word.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        write_fp32(model, plain)
        quantize_dynamic(
            plain,
            small,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )
        whole = onnx.load(str(small))
    _words_by_row(whole)
    _forget_origins(whole)
    beside = file.with_suffix(".new")
    onnx.save(whole, str(beside))
    os.replace(beside, file)


def write_fp32(model: torch.nn.Module, file: Path) -> None:
    """Write a model as it is."""
    example = torch.tensor([[101, 2054, 102, 2009, 102], [101, 2054, 102, 102, 0]])
    axes = {0: torch.export.Dim("pairs"), 1: torch.export.Dim("length")}
    torch.onnx.export(
        model.eval(),
        (example, (example > 0).long(), torch.zeros_like(example)),
        str(file),
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_shapes=(axes, axes, axes),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def _words_by_row(whole: onnx.ModelProto) -> None:
    """Replace the largest float table, the words' vectors, by int8 rows and a scale for each."""
    graph = whole.graph
    table = max(
        (t for t in graph.initializer if t.data_type == TensorProto.FLOAT),
        key=lambda tensor: int(np.prod(tensor.dims)),
    )
    rows = numpy_helper.to_array(table)
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-8).astype(np.float32) / 127
    small = np.rint(rows / scale).astype(np.int8)
    gathers = ((i, n) for i, n in enumerate(graph.node) if n.op_type == "Gather")
    place, gather = next((i, node) for i, node in gathers if node.input[0] == table.name)
    ids, out = gather.input[1], gather.output[0]
    graph.initializer.remove(table)
    graph.initializer.extend(
        [numpy_helper.from_array(small, "words"), numpy_helper.from_array(scale, "words_scale")]
    )
    graph.node.remove(gather)
    for step, node in enumerate(
        (
            helper.make_node("Gather", ["words", ids], ["words_int8"]),
            helper.make_node("Cast", ["words_int8"], ["words_float"], to=TensorProto.FLOAT),
            helper.make_node("Gather", ["words_scale", ids], ["words_scales"]),
            helper.make_node("Mul", ["words_float", "words_scales"], [out]),
        )
    ):
        graph.node.insert(place + step, node)


def _forget_origins(whole: onnx.ModelProto) -> None:
    """Drop the exporter's notes on the lines of code that each node was traced from."""
    whole.ClearField("metadata_props")
    whole.graph.ClearField("metadata_props")
    for part in (*whole.graph.node, *whole.graph.initializer, *whole.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
