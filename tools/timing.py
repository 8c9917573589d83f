"""Draw the timing diagrams: docs/timing/*.json (WaveDrom) to *.svg beside them.

python tools/timing.py
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import wavedrom

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "timing"
SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"


def generate() -> dict[Path, bytes]:
    """The drawings by their path."""
    return {
        source.with_suffix(".svg"): draw(source.read_text(encoding="utf-8"))
        for source in sorted(FOLDER.glob("*.json"))
    }


def draw(source: str) -> bytes:
    """One drawing, on white, without the shapes it does not use.

    Raises
    ------
    ValueError
        When its waves are not all equally long, or have other than their data.
    """
    signals = [signal for signal in json.loads(source)["signal"] if signal]
    lengths = {len(signal["wave"]) for signal in signals}
    if len(lengths) != 1:
        raise ValueError(f"waves of {sorted(lengths)} clocks")
    for signal in signals:
        labelled = sum(letter in "=23456789" for letter in signal["wave"])
        if labelled != len(signal.get("data", [])):
            raise ValueError(f"{signal['name']}: {labelled} values, not as many data")
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", LINK[1:].split("}")[0])
    root = ET.fromstring(wavedrom.render(source).tostring())
    used = {node.get(LINK, "").lstrip("#") for node in root.iter()}
    for shapes in root.iter(f"{{{SVG}}}defs"):
        for shape in list(shapes):
            if shape.get("id") not in used and shape.tag == f"{{{SVG}}}g":
                shapes.remove(shape)
    root.set("style", "background: white")
    return ET.tostring(root) + b"\n"


def main() -> None:
    """Write the drawings into the checkout."""
    for path, text in generate().items():
        path.write_bytes(text)
        print(path)


if __name__ == "__main__":
    main()
