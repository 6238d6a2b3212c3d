"""A second reading of the accounting rules: plain Python, slow and obvious, compared with the product.

Input is what a person would upload (rows of text), output is what `metrics --json` must say. Nothing here
reads the product's SQL; README.md lists where the rules are silent and which reading is taken.
"""
