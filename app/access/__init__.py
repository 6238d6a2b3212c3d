"""Who may see what: share links, and the visitor that a request comes from."""
