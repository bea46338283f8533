"""The verbs under import: other installations of Open edX become stack files."""
