"""The verbs up, preview, destroy and outputs, and the checks that come before an `up`."""
