"""Benchmarks: ratios against named rivals, in one run; times alone mean little."""
