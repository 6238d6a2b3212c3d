"""The database: opened safely, settled from imports, read through views."""
