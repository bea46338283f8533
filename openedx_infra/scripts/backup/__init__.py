"""What a backup does with the data itself: dump, seal, load, compare.

Run in the platform's image, with its libraries: nothing of this program is there.
"""
