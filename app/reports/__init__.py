"""Figures as files: a table of a page as CSV and as a workbook, with full precision."""
