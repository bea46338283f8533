"""How do we write AWS? Plain functions that know no Open edX noun."""
