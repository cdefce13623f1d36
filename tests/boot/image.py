# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk that is booted: a Debian of its own, kept in BUILD/boot for the next time, and what each
run lays over it."""

import fcntl
import hashlib
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from sandbox import package_of, run

# systemd with udev, and both ways to configure a small server's network.
PACKAGES = "systemd systemd-sysv udev kmod iproute2 ifupdown python3".split()
SUITE = platform.freedesktop_os_release()["VERSION_CODENAME"]  # the tested program was built for it
UNWANTED = ("doc", "man", "locale", "info")  # folders of /usr/share
SIZE = "1G"
MODULES = ("virtio", "block")  # drivers that find the disk; udev loads the others
TOOLS = ("sh", "mount", "umount", "modprobe", "cp", "switch_root", "sleep")


def _libraries(program):
    """The packages that PROGRAM is linked with."""
    found = {package_of(path) for path in re.findall(r"=> (/\S+)", run("ldd", program))}
    return sorted(found - {""})


def _recipe(kernel, program):
    """The command that makes the tree, without its place."""
    packages = PACKAGES + _libraries(program)
    modules = kernel / "lib/modules" / kernel.name
    hooks = ("rm -rf \"$1\"/var/lib/apt/lists/* \"$1\"/var/cache/apt/*.bin",
             f"mkdir -p \"$1\"/usr/lib/modules && cp -a '{modules}' \"$1\"/usr/lib/modules/",
             f"chroot \"$1\" depmod {kernel.name}",
             "chroot \"$1\" systemctl enable systemd-networkd")
    return ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}",
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in UNWANTED),
            *(f"--customize-hook={hook}" for hook in hooks), SUITE]


def _make(disk, recipe):
    with tempfile.TemporaryDirectory(dir=disk.parent) as directory:
        root, made = pathlib.Path(directory) / "root", pathlib.Path(directory) / "disk"
        run(*recipe, str(root))
        run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(root), str(made), SIZE)
        made.rename(disk)


def make_disk(build, kernel):
    """A file that holds an ext4 file system; made if there is none of the same recipe."""
    recipe = _recipe(kernel, build / "edgexdp")
    disk = build / "boot" / hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:12]
    with open(build / "boot.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # so that tests running at the same time make it once
        if not disk.exists():
            shutil.rmtree(disk.parent, ignore_errors=True)
            disk.parent.mkdir()
            _make(disk, recipe)
    return disk


def make_initrd(path, over, first, kernel):
    """The initramfs that finds the disk and lays the tree OVER over its contents. FIRST is its
    first process."""
    modules = pathlib.Path("lib/modules") / kernel.name
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name in ("bin", "dev", "proc", "disk"):
            (root / name).mkdir()
        shutil.copy(shutil.which("busybox"), root / "bin/busybox")
        for name in TOOLS:
            (root / "bin" / name).symlink_to("busybox")
        for name in MODULES:
            shutil.copytree(kernel / modules / "kernel/drivers" / name, root / modules / name)
        run("busybox", "depmod", "-b", str(root), kernel.name)
        shutil.copy(first, root / "init")
        shutil.copytree(over, root / "over", symlinks=True)
        with open(path, "wb") as output:
            subprocess.run(["sh", "-c", "find . | busybox cpio -o -H newc 2>/dev/null | gzip -1"],
                           cwd=root, check=True, stdout=output)
