from openedx.standin import fill

fill(globals(), "lms")
