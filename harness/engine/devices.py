"""Devices and precision: chosen before torch is imported, checked when it is."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import HarnessError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "bf16")


def gpu_is_here() -> bool:
    """Whether an NVIDIA device is visible, by the driver's own files; imports nothing."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in {"", "-1"}:
        return False
    return (
        Path("/dev/nvidia0").exists()
        or Path("/proc/driver/nvidia/gpus").is_dir()
        or Path("/dev/dxg").exists()
    )


def choose(device: str, precision: str) -> tuple[str, str]:
    """Return the device (cpu, cuda) and precision (fp32, bf16) that the names stand for."""
    if device not in DEVICES:
        raise HarnessError(f"unknown device '{device}'", f"Known: {' '.join(DEVICES)}")
    if precision not in PRECISIONS:
        raise HarnessError(f"unknown precision '{precision}'", f"Known: {' '.join(PRECISIONS)}")
    device = ("cuda" if gpu_is_here() else "cpu") if device == "auto" else device
    if precision == "auto":
        precision = "bf16" if device == "cuda" else "fp32"
    return device, precision


def check(device: str) -> None:
    """Raise HarnessError where torch cannot use the device that the plan was made for."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise HarnessError(
            f"a GPU is asked for, but torch {torch.__version__} cannot use one",
            "Install a CUDA build of torch that fits the driver, or give --device cpu.",
        )
