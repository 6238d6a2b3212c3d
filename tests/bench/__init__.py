"""How long the large cases take, as ratios within one run: `make bench`."""
