"""Encoding, control characters and line ends of a text, block by block."""

import codecs

from python_jobs.platform.errors import InputError

# 0x00 and 0x1F never occur in text; the second separates fields for the reader
_CONTROL_BYTES = {b"\x00": "0x00", b"\x1f": "0x1F"}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextChecks:
    """UTF-8, control bytes and line ends over the blocks of one file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line_count = 0
        self._windows_count = 0
        self._return_count = 0
        self._last = b""

    def add(self, block: bytes) -> None:
        """Check one block."""
        if self._line_count == 0 and block.startswith(_UTF16_MARKS):
            raise InputError(f"{self._name}: is UTF-16 → save it as UTF-8")
        for byte, shown in _CONTROL_BYTES.items():
            if byte in block:
                line = self._line_of(block, block.index(byte))
                raise InputError(
                    f"{self._name}:{line} holds the control character {shown}"
                    " → deliver it again as plain text"
                )
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError as error:
            line = self._line_of(block, error.start)
            raise InputError(
                f"{self._name}:{line} is not UTF-8 ({error.reason}) → save it as UTF-8"
            ) from None
        self._count(block)

    def finish(self) -> None:
        """Check what only the whole file shows."""
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise InputError(
                f"{self._name}:{self._line_count + 1} is not UTF-8 (it ends inside a"
                " character) → deliver it again"
            ) from None
        is_plain = self._return_count == 0
        is_windows = self._return_count == self._windows_count == self._line_count
        if not (is_plain or is_windows):
            raise InputError(
                f"{self._name}: mixes kinds of line ends; expected LF or CRLF"
                " throughout → convert it, for example with dos2unix"
            )

    def _count(self, block: bytes) -> None:
        self._line_count += block.count(b"\n")
        self._return_count += block.count(b"\r")
        self._windows_count += block.count(b"\r\n")
        if self._last == b"\r" and block.startswith(b"\n"):
            self._windows_count += 1
        self._last = block[-1:]

    def _line_of(self, block: bytes, position: int) -> int:
        return self._line_count + block.count(b"\n", 0, max(position, 0)) + 1
