# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the QEMU tests."""

from fixtures import boot

__all__ = ["boot"]
