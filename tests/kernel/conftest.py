# SPDX-License-Identifier: Apache-2.0
"""Tests of the small kernel, which takes minutes to build: "make test-kernel", no part of "make test"."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../qemu"))
from fixtures import boot  # noqa: E402

__all__ = ["boot"]
