# SPDX-License-Identifier: Apache-2.0
"""linux-guest/initramfs/modules: the listed modules, what they depend on, nothing else."""

import shutil
import subprocess

import pytest

RELEASE = "6.0-test"
# Each module as depmod sees it: what it exports, what it uses.
SOURCES = {
    "user": "void provided(void); void use(void); void use(void) { provided(); }",
    "provider": 'const char s[] __attribute__((section("__ksymtab_strings"))) = "provided";',
    "stranger": "int stranger;",
    "own": "void provided(void); void use(void); void use(void) { provided(); }",
}
COMPRESSED = ["provider"]
OWN = ["own"]  # not of the package


@pytest.fixture
def pick(tmp_path):
    """pick(list): run it on a kernel package with SOURCES, less OWN, and the built-in "inside"."""
    build = tmp_path / "build"
    tree = tmp_path / "tree"
    kernel = tree / "lib/modules" / RELEASE / "kernel"
    (tree / "DEBIAN").mkdir(parents=True)
    kernel.mkdir(parents=True)
    (build / "module-virtio").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: kernel\nVersion: 1\nArchitecture: all\nMaintainer: none <none@example.org>\n"
        "Description: for a test\n")
    for name, text in SOURCES.items():
        source = tmp_path / f"{name}.c"
        source.write_text(f'{text}\nconst char n[] __attribute__((section(".modinfo"))) '
                          f'= "alias=of:N*T*Ctest,{name}";\n')
        folder = build / "module-virtio" if name in OWN else kernel
        subprocess.run(["aarch64-linux-gnu-gcc", "-c", source, "-o", folder / f"{name}.ko"],
                       check=True)
        if name in COMPRESSED:
            subprocess.run(["xz", kernel / f"{name}.ko"], check=True)
    (kernel / "../modules.order").write_text("".join(f"kernel/{name}.ko\n" for name in SOURCES))
    (kernel / "../modules.builtin").write_text("kernel/inside.ko\n")
    (kernel / "../modules.builtin.modinfo").write_bytes(b"inside.license=GPL\0")
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, build / "linux-image.deb"],
                   check=True, stdout=subprocess.DEVNULL)
    (build / "kernel-release").write_text(RELEASE + "\n")
    shutil.copy("linux-guest/initramfs/modules", tmp_path)

    def run(names):
        (tmp_path / "modules.list").write_text("# a comment\n" + names)
        result = subprocess.run([tmp_path / "modules", build], text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        found = sorted(path.name for path in build.glob("modules/*/*.ko"))
        return result, found, build / "modules"

    return run


def test_dependencies_come_along(pick):
    result, found, folder = pick("user # and more\n\ninside\n")
    assert (result.returncode, result.stdout) == (0, "")
    assert found == ["provider.ko", "user.ko"]  # not the stranger, nothing compressed
    assert (folder / "kernel/provider.ko").read_bytes()[:4] == b"\x7fELF"
    assert "kernel/user.ko: kernel/provider.ko\n" in (folder / "modules.dep").read_text()
    assert "alias of:N*T*Ctest,user user\n" in (folder / "modules.alias").read_text()


def test_own_module(pick):
    """It is found, and so is what it needs of the kernel's."""
    result, found, folder = pick("own\n")
    assert (result.returncode, result.stdout) == (0, "")
    assert found == ["own.ko", "provider.ko"]
    assert "updates/own.ko: kernel/provider.ko\n" in (folder / "modules.dep").read_text()
    assert "alias of:N*T*Ctest,own own\n" in (folder / "modules.alias").read_text()


def test_names_change(pick):
    assert pick("former|stranger\n")[1] == ["stranger.ko"]


def test_unknown_name(pick):
    result, found, _ = pick("user\nnonsense|rubbish\n")
    assert result.returncode == 1 and found == []
    assert f'Linux {RELEASE} has no module nonsense|rubbish: put its name' in result.stdout
