"""What the numbers depend on, in words: the processor, Python, the collector, the build, the threads, the date."""

import datetime
import gc
import os
import platform
from pathlib import Path

import autodiff

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def use_one_thread() -> None:
    """Keep numpy, PyTorch and JAX to one thread; the processes of the peers inherit it."""
    for name, setting in _ONE_THREAD.items():
        os.environ.setdefault(name, setting)


def facts() -> dict[str, str]:
    """Return what a reader needs to judge the numbers, as (what, value)."""
    state = "on" if gc.isenabled() else "OFF"
    default = ", the default" if gc.isenabled() and gc.get_threshold() == (700, 10, 10) else ""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}; one thread",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "cyclic collector": f"{state}, thresholds {gc.get_threshold()}{default}",
        "chainrule": f"{autodiff.__version__}, {autodiff.build()} build",
    }


def _processor() -> str:
    """The processor's name, as well as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
