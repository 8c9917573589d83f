"""Which pixel of a capture is wrong, and why: ``deconv4k diff``.

`captures` reads what a board or a simulator gives, `align` finds where in the expected frames it
lies, `causes` compares it with what each known fault would have given, `log` reads the self-test's
UART lines; `run` does all of it, `report` and `picture` show it.
"""
