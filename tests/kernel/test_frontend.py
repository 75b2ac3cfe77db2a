# SPDX-License-Identifier: Apache-2.0
"""Virtual devices with the small kernel, and with those of Debian's that "make test" leaves out."""

import pytest

from devices import succeed
from test_linux_frontend import N_DEVICES, start, try_devices

__all__ = ["start"]  # a fixture


@pytest.mark.parametrize("gic", ["v3", "v2"])
def test_restricted(start, gic):  # pylint: disable=redefined-outer-name
    """The kernel's own restricted DMA instead of a module."""
    board = start(gic, "minimal", "-restricted")
    assert "-paravent" in succeed(board, "uname -r")[0]
    assert succeed(board, "dmesg | grep -c 'created restricted DMA pool'") == [str(N_DEVICES)]
    try_devices(board)


@pytest.mark.parametrize("gic, kernel", [("v2", ""), ("v3", "backports-rt"), ("v3", "rt"), ("v2", "rt"),
                                         ("v3", "backports"), ("v2", "backports")])
def test_kernel(start, gic, kernel):  # pylint: disable=redefined-outer-name
    board = start(gic, kernel)
    assert succeed(board, "dmesg | grep -c ': confined to'") == [str(N_DEVICES)]
    try_devices(board)
