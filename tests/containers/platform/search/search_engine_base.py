"""How the platform gets an index."""


class SearchEngine:
    """An index without a document."""

    @classmethod
    def get_search_engine(cls, name):
        """The index of that name."""
        return cls()

    def search(self, size=10):
        """What is found: all of nothing."""
        return {"total": 0, "results": []}
