"""The register map: what is committed is what the source gives, and the source is complete."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl.registers import REGISTERS, identity

ROOT = Path(__file__).resolve().parents[2]


def tool():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "registers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_committed_is_what_the_source_gives():
    files = tool().generate()
    assert len(files) == 4
    for name, text in files.items():
        assert (ROOT / name).read_bytes() == text, f"{name}: run make registers"


def test_every_field_has_a_sentence():
    for register in REGISTERS.values():
        for text in (register.text, *(field.text for field in register.fields.values())):
            assert re.fullmatch(r"[A-Z01].{15,}\.", text), (register.name, text)


def test_registers_do_not_overlap():
    addresses = [register.address for register in REGISTERS.values()]
    assert len(set(addresses)) == len(addresses) > 30
    assert all(address % 4 == 0 for address in addresses)
    for register in REGISTERS.values():
        masks = [field.mask for field in register.fields.values()]
        assert sum(mask.bit_count() for mask in masks) == sum(masks).bit_count() <= 32


def test_c_header_compiles_and_agrees(tmp_path):
    """Offsets and masks in C are those of the Python map."""
    lines = ['#include "deconv4k_registers.h"', "#include <stddef.h>", "#include <stdio.h>"]
    lines.append("int main(void) {")
    expected = []
    for name, register in REGISTERS.items():
        lines.append(f'printf("%zu\\n", offsetof(deconv4k_t, {name}));')
        expected.append(register.address)
        for field in register.fields.values():
            lines.append(f'printf("%lu\\n", (unsigned long)DECONV4K__{name}__{field.name}_bm);')
            expected.append(field.mask)
    lines.append("return 0; }")
    (tmp_path / "map.c").write_text("\n".join(lines))
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("g++")
    assert compiler, "no C compiler"
    command = [compiler, "-Wall", "-Werror", f"-I{ROOT / 'hw' / 'generated'}", "map.c", "-o", "map"]
    subprocess.run(command, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "map"], capture_output=True, text=True, check=True).stdout
    assert [int(line) for line in said.split()] == expected


def test_words_and_fields():
    size = REGISTERS["SIZE"]
    assert size.word(WIDTH=1920, HEIGHT=1080) == 1080 << 16 | 1920
    assert size.values(1080 << 16 | 1920) == {"WIDTH": 1920, "HEIGHT": 1080}
    with pytest.raises(InputError, match=r"SIZE.WIDTH = 65536; allowed: 0 to 65535"):
        size.word(WIDTH=65536)
    with pytest.raises(InputError, match="SIZE has no field 'DEPTH'; allowed: WIDTH, HEIGHT"):
        size.word(DEPTH=1)


def test_identity_of_the_default_configuration():
    config = Config.load(checkout.DEFAULT_CONFIG)
    words = identity(config)
    assert words["ID"].to_bytes(4, "big") == b"DCV4"
    assert words["LAYER"] == 0x01040209
    assert words["MAXIMUM"] == 1080 << 16 | 1920
    assert words["KERNEL_WORDS"] == 41
    assert words["PIXEL"] == 5 << 20 | 3 << 24 | 8 << 8 | 8  # ap_ufixed<8,8>
    assert words["WEIGHT"] & 0x1FFFF == 1 << 16 | 2 << 8 | 10
    assert words["BIAS"] == words["PRODUCT"] == 0
    assert words["CONFIG_HASH"] == config.digest
