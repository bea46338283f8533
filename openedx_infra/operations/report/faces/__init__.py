"""The faces of a report: Markdown, HTML and SARIF."""
