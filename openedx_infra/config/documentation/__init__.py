"""The generated reference, and the JSON Schema for editors."""
