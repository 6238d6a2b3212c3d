"""How figures look: the only door from a page to figures, and the tiles and formats that show them."""
