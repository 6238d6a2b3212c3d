"""What figures mean, in words and in money. Pure: rows in, sentences out; no SQL, no screen."""
