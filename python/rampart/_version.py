"""The version of the package, which is that of the library it calls."""

VERSION = "0.2.0"
