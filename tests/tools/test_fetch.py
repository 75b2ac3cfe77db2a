# SPDX-License-Identifier: Apache-2.0
"""tools/fetch, fetch-firmware and fetch-lwip: what is complete stays, what is not is noticed."""

import os
import subprocess

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
LINUX = {"": "linux", "rt": "linux-rt", "backports": "linux-backports",
         "backports-rt": "linux-backports-rt"}
KERNEL_FILES = ["fetched", "Image", "busybox", "kernel-release", "headers/build/Makefile",
                "linux-image.deb", "linux-source.deb", "source/gpio-virtio.c", "source/i2c-virtio.c",
                "source/hvc_console.h",
                "dtbs/broadcom/bcm2711-rpi-4-b.dtb", "dtbs/freescale/imx8mp-evk.dtb"]
FILES = {
    "firmware": ["fetched", "raspi/start4.elf", "raspi/fixup4.dat", "raspi/copyright",
                 "u-boot-rpi/u-boot.bin", "tf-a/rpi4/bl31.bin"],
    "lwip": ["fetched", "COPYING", "src/core/tcp.c", "src/include/lwip/init.h"],
    "storage-daemon": ["fetched", "bin/qemu-storage-daemon", "lib/ld-linux-aarch64.so.1"],
}


def run(*command, **variables):
    """Without a network: nothing listens at the proxy's port."""
    proxies = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    return subprocess.run(command, env={**os.environ, **proxies, **variables}, cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def fill(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something\n", encoding="utf-8")


@pytest.mark.parametrize("kernel", LINUX)
def test_kernel_stays(tmp_path, kernel):
    fill(tmp_path / LINUX[kernel], KERNEL_FILES)
    result = run("tools/fetch", str(tmp_path), KERNEL=kernel)
    assert (result.returncode, result.stdout) == (0, "")


def test_kernel_unknown(tmp_path):
    result = run("tools/fetch", str(tmp_path), KERNEL="nonsense")
    assert result.returncode == 1 and "KERNEL=nonsense is not known; use rt, " in result.stdout


@pytest.mark.parametrize("missing", KERNEL_FILES)
def test_kernel_is_completed(tmp_path, missing):
    fill(tmp_path / "linux", [name for name in KERNEL_FILES if name != missing])
    result = run("tools/fetch", str(tmp_path), KERNEL="")
    assert result.returncode == 1
    assert "could not be downloaded" in result.stdout and "connect" in result.stdout


@pytest.mark.parametrize("what", FILES)
def test_others_stay(tmp_path, what):
    fill(tmp_path / what, FILES[what])
    result = run(f"tools/fetch-{what}", str(tmp_path))
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("what, missing", [(what, name) for what, names in FILES.items() for name in names])
def test_others_are_completed(tmp_path, what, missing):
    fill(tmp_path / what, [name for name in FILES[what] if name != missing])
    result = run(f"tools/fetch-{what}", str(tmp_path))
    assert result.returncode == 1
    assert "could not be downloaded" in result.stdout and "connect" in result.stdout


@pytest.mark.parametrize("tool", ["tools/fetch", "tools/fetch-firmware", "tools/fetch-lwip",
                                  "tools/fetch-storage-daemon"])
def test_usage(tool):
    for arguments in (["--nonsense"], ["one", "two"]):
        result = run(tool, *arguments)
        assert result.returncode == 1 and f"see {tool} --help" in result.stdout
    assert f"{tool} [--update] [BUILD]" in run(tool, "--help").stdout


def make_package(folder):
    """A small Debian package with one file."""
    fill(folder / "tree", ["DEBIAN/control", "boot/vmlinuz-1"])
    (folder / "tree/DEBIAN/control").write_text(
        "Package: small\nVersion: 1\nArchitecture: all\nMaintainer: none <none@example.org>\n"
        "Description: for a test\n", encoding="utf-8")
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "tree", "small.deb"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return str(folder / "small.deb")


@pytest.mark.parametrize("pattern, status", [("./boot/vmlinuz-*", 0), ("./boot/Image-*", 1)])
def test_unpack(tmp_path, pattern, status):
    package = make_package(tmp_path)
    result = run("sh", "-euc", '. tools/apt.sh; deb=$1; unpack "$2" "$1/new" "$3"', "fetch",
                 str(tmp_path), package, pattern)
    assert result.returncode == status
    assert (tmp_path / "new/boot/vmlinuz-1").exists() == (status == 0)
    assert ("lacks a file this project needs" in result.stdout) == (status == 1)
