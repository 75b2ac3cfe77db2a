# SPDX-License-Identifier: Apache-2.0
"""The bus of a real I2C controller, served by Linux: another Linux finds the EEPROM on it."""

from board import build
from devices import succeed
from test_linux_backend import Pair, serve, until

EEPROM = ["-device", "at24c-eeprom,bus=i2c-bus.2,address=0x51,rom-size=256"]
N_BYTES = 16


def test_real_bus(request):
    system = build("tests/qemu/systems/imx8mp-i2c.dts")
    pair = Pair(system.command(*EEPROM), request.node.name)
    try:
        pair.wait_shell("server")
        succeed(pair, "modprobe i2c-dev")
        assert "serving /dev/i2c-2 to client" in serve(pair, "i2c bus /dev/i2c-2")
        until(pair.to("client"), "[ -e /sys/bus/virtio/devices/*/i2c-* ]")
        succeed(pair, "modprobe i2c-dev; n=$(echo /sys/bus/virtio/devices/*/i2c-*); n=${n##*-}")
        succeed(pair, f"for i in $(seq {N_BYTES}); do i2cset -y $n 0x51 $i $((200 - i)) || break; done; "
                      f"[ $i = {N_BYTES} ]")
        read = f"for i in $(seq {N_BYTES}); do i2cget -y %s 0x51 $i; done"
        content = [f"{200 - i:#04x}" for i in range(1, N_BYTES + 1)]
        assert succeed(pair, read % "$n") == content
        # Nobody answers at this address: an error, and the bus works on.
        assert pair.run("i2cget -y $n 0x52 0")[0] != 0
        assert succeed(pair, read % "$n") == content
        assert succeed(pair.to("server"), read % "2") == content
    finally:
        pair.close()
