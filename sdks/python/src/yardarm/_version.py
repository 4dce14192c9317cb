"""The version of this package, as it is installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("yardarm")
except PackageNotFoundError:  # run from a source tree
    VERSION = "0.0.0"
