"""Weights of 8 bits: what they stand for, and what is left of a matrix."""

import numpy as np
import pytest

from index.quantize import BLOCK, blocks_of


def matrix_of(blocks, scales, rows):
    """Return the matrix that blocks and scales stand for."""
    whole = (blocks.astype(np.float32) - 128) * scales[:, :, None]
    return whole.reshape(len(blocks), -1)[:, :rows].T


@pytest.mark.parametrize("rows", [1, BLOCK - 1, BLOCK, 3 * BLOCK])
def test_blocks_stand_for_the_matrix_within_half_a_step(rows):
    matrix = np.random.default_rng(5).normal(size=(rows, 7)).astype(np.float32)
    blocks, scales = blocks_of(matrix)
    assert blocks.shape == (7, -(-rows // BLOCK), BLOCK)
    assert scales.shape == blocks.shape[:2]
    steps = np.repeat(scales, BLOCK, axis=1)[:, :rows].T
    assert (np.abs(matrix_of(blocks, scales, rows) - matrix) <= 0.501 * steps).all()


def test_an_outlier_costs_its_own_block_alone():
    matrix = np.full((2 * BLOCK, 1), 0.01, dtype=np.float32)
    matrix[0] = 100
    blocks, scales = blocks_of(matrix)
    assert matrix_of(blocks, scales, len(matrix))[BLOCK:] == pytest.approx(0.01, rel=1e-6)


def test_a_block_of_zeros_stays_zero():
    blocks, scales = blocks_of(np.zeros((BLOCK, 2), dtype=np.float32))
    assert not matrix_of(blocks, scales, BLOCK).any()
