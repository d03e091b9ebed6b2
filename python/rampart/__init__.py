"""Rampart from Python: robustness of quantized neural networks, proved in
whole numbers.

``Network`` asks questions about one network, ``run`` starts a job on MPI ranks,
and ``Results`` reads the file that a job leaves. What goes wrong is raised as
``Error``, with the message of the command line.
"""

from ._library import Error
from ._version import VERSION as __version__
from .families import (Patches, verify_brightness, verify_contrast,
                       verify_patches, verify_targets)
from .job import join, run, run_all
from .network import Network, Radius, Verification
from .results import Interval, Results

__all__ = ["Error", "Interval", "Network", "Patches", "Radius", "Results",
           "Verification", "__version__", "join", "run", "run_all",
           "verify_brightness", "verify_contrast", "verify_patches",
           "verify_targets"]
