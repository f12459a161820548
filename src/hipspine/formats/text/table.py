"""The letters of a whole small text file, for readers of other text formats."""

from hipspine.errors import FormatError


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252.

    Raises:
        FormatError: empty, or not text.
    """
    if not data.strip():
        raise FormatError(f"{name}: the file is empty; record or export it again.")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data:
        raise FormatError(f"{name}: not a text file: byte {data.index(0)} is zero. Export the recording as text or as C3D.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
