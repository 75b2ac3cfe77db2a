# SPDX-License-Identifier: Apache-2.0
"""Linux alone on QEMU's board models: the initramfs has their drivers, devtest tries the devices."""

import pytest

from devices import Card, succeed, try_disk, try_net
from machines import Machine, build_linux, command
from server import serve


@pytest.fixture
def machine(request, tmp_path):
    """machine(name): Linux at its shell with a Card, on a machine that ends with the test."""
    machines = []

    def start(name, kernel=""):
        build_linux(kernel)
        card = Card(tmp_path / "card")
        board = Machine(command(name, str(tmp_path), card.path, kernel), request.node.name)
        board.card = card
        machines.append(board)
        board.wait_shell()
        return board

    yield start
    for board in machines:
        board.close()


def leave(board):
    """raspi4b has no way to power off; what devtest wrote is on the disk."""
    succeed(board, "sync")
    board.close()
    board.card.check()


def test_raspi4b(machine):
    board = machine("raspi4b")
    try_disk(board)
    leave(board)


def test_imx8mp_evk(machine):
    board = machine("imx8mp-evk")
    try_disk(board)
    try_net(board)
    leave(board)


@pytest.mark.parametrize("kernel", ["", "rt"])
def test_virt(machine, kernel):
    board = machine("virt", kernel)
    try_disk(board)
    try_net(board)
    leave(board)


def test_devtest_notices(machine):
    """devtest does not pass over what is wrong."""
    board = machine("virt")
    for wrong in ("", "tape", "disk -f ntfs /dev/vda", "disk -f vfat", "disk -m many", "net -u",
                  "net one two"):
        assert board.run(f"devtest {wrong}")[0] == 2, wrong
    with serve(1000) as server:
        for url, message in ((server.url + "/none", "cannot be fetched"),
                             (server.url + ".sha256", "cannot be fetched")):
            status, lines = board.run(f"devtest net {url}")
            assert status == 1 and message in lines[-1], lines
        server.upload_sum = b"0" * 64 + b"\n"
        status, lines = board.run(f"devtest net -u {server.url}")
        assert status == 1 and "the server got 000" in lines[-1], lines
        server.content_sum = server.upload_sum
        status, lines = board.run(f"devtest net {server.url}")
        assert status == 1 and "the server says 000" in lines[-1], lines
    # Zeros instead of what was to be written.
    succeed(board, "mkdir -p /tmp/bin && cp /bin/devtest /tmp/bin/ && "
                   r"sed -i 's,^\(\s*\)cp $sent .*&& sync,\1head -c 4194304 /dev/zero "
                   "> $mount_point/devtest.bin,' /tmp/bin/devtest")
    status, lines = board.run("sh /tmp/bin/devtest disk")
    assert status == 1 and "written was" in lines[-1], lines
    succeed(board, "rm -rf /tmp/bin")
    status, lines = board.run("devtest disk /dev/none")
    assert status == 1 and "not there after 30 s" in lines[-1], lines
