"""Writes a trained verifier as a small ONNX model: int8 weights, float32 activations between."""

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from index.quantize import forget_origins, save_apart, words_by_row

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
    words_by_row(whole)
    forget_origins(whole)
    save_apart(whole, file)


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
