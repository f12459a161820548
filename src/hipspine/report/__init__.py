"""Findings on paper and screen: SVG figures, HTML and PDF."""
