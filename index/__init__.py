"""Passages become vectors and terms; a question becomes hits.

Knows no answers and no thresholds.
"""
