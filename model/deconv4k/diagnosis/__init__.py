"""Which pixel of a capture is wrong, and why: ``deconv4k diff``.

`captures` reads what a board or a simulator gives, `align` finds where in the expected frames it
lies, `causes` are models of what each known fault would have given, `search` compares the capture
with them, one and two at a time, `log` reads the self-test's UART lines and `selftest` judges
them; `run` does all of it, `report` and `picture` show it.
"""
