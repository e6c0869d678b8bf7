"""The very same application, in an environment that holds CherryPy 18.10.0."""

from apps.ours import LACKS, build

__all__ = ["LACKS", "build"]
