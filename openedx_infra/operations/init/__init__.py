"""The verb init: a few answers become a commented stack file with its secrets."""
