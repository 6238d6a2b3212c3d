"""Raw files become canonical rows. Knows formats; knows no metric and no screen."""
