"""A name for a student's file: safe in every file system and in every link."""

import hashlib
import re
import unicodedata

LONGEST = 40
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
_HASHED = re.compile(r".*-[0-9a-f]{10}")
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # which Windows keeps for itself


def file_name(student: str) -> str:
    """The name of a student's file, without an ending; different students never share one.

    A short plain name stays as it is. Of any other the letters that ASCII has are kept, and a
    digest of the whole name is added.

    Example:
        >>> file_name("ada"), file_name("Łukasz Żółć"), file_name("../../etc")
        ('ada', 'ukasz-zoc-f2dccd617a', 'etc-74ccf3c5b4')
    """
    simple = _PLAIN.fullmatch(student) and not _HASHED.fullmatch(student)
    if simple and not _DEVICES.fullmatch(student):
        return student
    letters = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-") or "student"
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug}-{digest}"
