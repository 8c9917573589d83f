"""The committed cases."""

import itertools
import re

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.vectors import committed, export, intermediates, manifest, patterns

FOLDER = checkout.ROOT / "vectors"


def test_what_is_committed_is_what_the_code_makes(tmp_path):
    committed.write_all(tmp_path)
    made, kept = (
        {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path, FOLDER)
    )
    assert sorted(made) == sorted(kept)
    for name, path in made.items():
        assert path.read_bytes() == kept[name].read_bytes(), name


def test_study_gives_the_known_answer():
    top = committed.read(FOLDER / "study").expected[0]
    assert top[0, :3].tolist() == [9, 12, 16]
    assert top[0, -3:].tolist() == [18, 21, 14]
    assert not top[1::2].any()


def test_one_frame_fits_a_logic_analyser():
    ila = manifest.read(FOLDER / "ila")
    (frame,) = ila.frames
    assert 256 < frame.output.beats <= 1024
    # It plays on the default bitstream, and no two neighbouring beats are equal.
    assert ila.config == Config.load(checkout.DEFAULT_CONFIG)
    lines = (FOLDER / "ila" / "expected.mem").read_text().splitlines()
    words = [line for line in lines if not line.startswith("//")]
    assert len(words) == frame.output.beats
    assert all(a != b for a, b in itertools.pairwise(words))


def test_the_page_names_what_there_is(monkeypatch, capsys):
    page = (checkout.ROOT / "docs" / "vectors.md").read_text()
    heads = re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
    told = {name for head in heads for name in re.findall(r"`([\w-]+)`", head)}
    schema = manifest.schema()
    keys = set(schema["properties"]) - {"schema"}
    assert {*patterns.PATTERNS, *export.FORMATS, *intermediates.NAMES, *keys} <= told
    monkeypatch.chdir(checkout.ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "vectors.md", "exec"), {})
    frame = manifest.read(FOLDER / "ila").frames[0]
    assert capsys.readouterr().out == f"{frame.output.width} {frame.output.crc32:08x}\n"
