"""A float32 model becomes a small one: weights of 8 bits, each block of them with a scale.

Activations are rounded row by row and block by block where they are multiplied, so that a text's
vector doesn't depend on the texts beside it, and an outlier spoils its own block alone.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
"""Weights that share a scale. 128 is a tenth faster, but on one set it cost 0.6 points of P@1."""
_APART = 4096
"""Bytes from which on a weight lies in the file of its own."""
_CONTRIBUTED = "com.microsoft"
_INT8 = 4
"""ONNX Runtime's name for multiplying in 8 bits (``accuracy_level``)."""


def write_small(plain: Path, small: Path) -> None:
    """Write a model with 8-bit weights: those of matrix products by block, the words' by row.

    Its weights go to a file of their own, see :func:`save_apart`.
    """
    whole = onnx.load(str(plain))
    _products_by_block(whole)
    words_by_row(whole)
    forget_origins(whole)
    save_apart(whole, small)


def weights_of(model: Path) -> Path:
    """Return where the weights of a model lie that :func:`save_apart` wrote."""
    return model.with_name(f"{model.name}.data")


def save_apart(whole: onnx.ModelProto, file: Path) -> None:
    """Write a model, and its weights beside it.

    ONNX Runtime maps such a file instead of reading it: of the words' vectors, half of the whole,
    only those that are asked for come into memory, and nothing is there twice while it is opened.
    """
    weights = weights_of(file)
    weights.unlink(missing_ok=True)  # Or it would be added to.
    onnx.save(
        whole,
        str(file),
        save_as_external_data=True,
        location=weights.name,
        size_threshold=_APART,
    )
    weights.chmod(file.stat().st_mode)  # Made for its owner alone.


def _products_by_block(whole: onnx.ModelProto) -> None:
    """Replace each product with a constant matrix by one with its 8-bit blocks."""
    graph = whole.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    made: dict[str, list[str]] = {}
    for node in graph.node:
        matrix = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if matrix is None or matrix.data_type != TensorProto.FLOAT or len(matrix.dims) != 2:
            continue
        if matrix.name not in made:
            blocks, scales = blocks_of(numpy_helper.to_array(matrix))
            made[matrix.name] = names = [f"{matrix.name}_blocks", f"{matrix.name}_scales"]
            graph.initializer.append(numpy_helper.from_array(blocks, names[0]))
            graph.initializer.append(numpy_helper.from_array(scales, names[1]))
        _multiply_blocks(node, made[matrix.name], matrix.dims)
    _drop(whole, set(made))
    whole.opset_import.append(helper.make_opsetid(_CONTRIBUTED, 1))


def blocks_of(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return a matrix, (k, n), as 8-bit blocks, (n, blocks, BLOCK), and their scales, (n, blocks).

    A weight is its byte less 128, times its block's scale; short rows are filled up with zeros.
    """
    filled = np.pad(matrix.T, ((0, 0), (0, -len(matrix) % BLOCK)))
    blocks = filled.reshape(matrix.shape[1], -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2), 1e-8).astype(np.float32) / 127
    numbers = np.rint(blocks / scales[:, :, None]) + 128
    return numbers.astype(np.uint8), scales


def _multiply_blocks(node: onnx.NodeProto, parts: list[str], shape: Sequence[int]) -> None:
    node.op_type, node.domain = "MatMulNBits", _CONTRIBUTED
    node.input[:] = [node.input[0], *parts]
    values = {
        "K": shape[0],
        "N": shape[1],
        "bits": 8,
        "block_size": BLOCK,
        "accuracy_level": _INT8,
    }
    node.attribute.extend(helper.make_attribute(name, value) for name, value in values.items())


def _drop(whole: onnx.ModelProto, names: set[str]) -> None:
    kept = [tensor for tensor in whole.graph.initializer if tensor.name not in names]
    del whole.graph.initializer[:]
    whole.graph.initializer.extend(kept)


def words_by_row(whole: onnx.ModelProto) -> None:
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


def forget_origins(whole: onnx.ModelProto) -> None:
    """Drop the exporter's notes on the lines of code that each node was traced from."""
    whole.ClearField("metadata_props")
    whole.graph.ClearField("metadata_props")
    for part in (*whole.graph.node, *whole.graph.initializer, *whole.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
