"""`python -m backup WORD`: one of the steps below; a refusal ends it with code 1."""

import sys

from . import compare, host_names, masking, mongodb, proof, seal
from .backup_parameters import Refused, step

WORDS = {
    "dump-mongodb": mongodb.dump,
    "load-mongodb": mongodb.load,
    "seal": seal.write,
    "check": seal.check,
    "compare": compare.compare,
    "proof": proof.write,
    "mask": masking.mask,
    "hosts": host_names.change,
}


def main() -> int:
    """Do what the words of the command line say, one after the other."""
    try:
        for word in sys.argv[1:]:
            WORDS[word]()
    except Refused as refusal:
        step(f"failed: {refusal}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
