"""What is done with the data itself, before restic keeps it and after it came back?

Run in the platform's image, with its libraries: nothing of this program is there.
"""
