"""Token P&L: what a company pays for AI tokens, and what it earns per trusted outcome."""
