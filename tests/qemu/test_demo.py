# SPDX-License-Identifier: Apache-2.0
"""make demo and make run, as a user sees them: with and without a terminal."""

import os
import re
import subprocess

import pexpect
import pytest

from board import LOGS, ROOT, SECONDS, SHELL_READY, build, environment, load

DEMO = "configs/virt-demo.dts"


# Two demos of one system at a time would share its disk.
pytestmark = pytest.mark.xdist_group("demo")


def run_unattended(system, *goals):
    """All that was shown; "demo: OK" in the end, and no colours, which belong on a terminal."""
    build(f"configs/{system}.dts")
    result = subprocess.run(["make", *goals], cwd=ROOT, env=environment(), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, errors="replace",
                            stderr=subprocess.STDOUT, timeout=6 * SECONDS * load(), check=False)
    with open(os.path.join(LOGS, f"demo-{system}.log"), "w", encoding="utf-8") as log:
        log.write(result.stdout)
    lines = result.stdout.split("\n")
    assert result.returncode == 0, "\n".join(lines[-25:])
    assert lines[-2:] == ["demo: OK", ""]
    assert not re.search("\033\\[[0-9;]*m", result.stdout)
    return result.stdout


@pytest.mark.parametrize("system,choice", [
    ("virt-demo", ""), ("virt-demo-gicv2", "GIC=2"), ("rpi4-demo", "BOARD=rpi4"),
    ("imx8mp-demo", "BOARD=imx8mp")])
def test_demo_without_a_terminal(system, choice):
    shown = run_unattended(system, "demo", *choice.split())
    for name in ("linux", "motion", "monitor", "paravent"):
        assert re.search(rf"^{name} *\| ", shown, re.MULTILINE), f"nothing from {name}"
    assert "read back in" in shown, "no disk was tried"


@pytest.mark.parametrize("system,choice,n_echoes", [
    ("virt-devices", "", 2), ("virt-devices-gicv2", "GIC=2", 2), ("rpi4-devices", "BOARD=rpi4", 0),
    ("imx8mp-devices", "BOARD=imx8mp", 2)])
def test_demo_of_shared_devices(system, choice, n_echoes):
    """Its steps judge themselves; where there is a network, both lives of comms have echoed."""
    shown = run_unattended(system, "demo-devices", *choice.split())
    assert len(re.findall(r"comms *\| echo: 1000000 bytes", shown)) == n_echoes
    assert re.search(r"^panel *\| /dev/vda .* /$", shown, re.MULTILINE)


@pytest.mark.parametrize("what", ["demo", "run"])
def test_on_a_terminal(what):
    """Colours, a shell that answers the user's keys, and ctrl-a x to leave."""
    build(DEMO)
    with open(os.path.join(LOGS, f"terminal-{what}.log"), "w", encoding="utf-8") as log:
        user = pexpect.spawn("make", [what], cwd=ROOT, env=environment(), encoding="utf-8",
                             codec_errors="replace", timeout=4 * SECONDS * load(), logfile=log)
        try:
            user.expect("\033\\[36mlinux *\\| ")
            user.expect("The Linux shell is yours" if what == "demo" else SHELL_READY)
            user.send("echo $((6 * 7))-yes\n")
            user.expect("42-yes\r")
            user.send("\001x")
            user.expect(pexpect.EOF)
        finally:
            user.close(force=True)
    assert user.exitstatus == 0
