"""Reading the arrays of an .npz file from outside: nothing is unpickled, and nothing unpacks to more than its reader says."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from faultline.core.errors import InputError, shown
from faultline.core.reading import check_readable, guarded

if TYPE_CHECKING:
    import numpy as np

ARRAY_BYTES = 2**32
"""What the arrays of a dataset may unpack to: a few kilobytes of zeros can claim terabytes."""


def read_arrays(
    path: str | Path,
    what: str = "dataset",
    *,
    at_most: int = ARRAY_BYTES,
    objects_absent: Collection[str] = (),
) -> dict[str, np.ndarray]:
    """Every array of an .npz file. Nothing is unpickled, and what is declared is held against ``at_most`` before it is unpacked.

    Parameters
    ----------
    at_most
        Bytes that all arrays may have together.
    objects_absent
        Names of arrays that count as absent, not as a mistake, where they hold Python objects.

    Raises
    ------
    InputError
        The file is missing, no archive of plain arrays, damaged, or larger than ``at_most``.
    """

    remedy = "write it again with numpy.savez"
    check_readable(path, what, "correct the path, or create it first")
    if not zipfile.is_zipfile(path):
        raise InputError(f"{what} {path} is not an .npz file; give one written by numpy.savez.")
    archive = guarded(lambda: zipfile.ZipFile(path), f"{what} {path}", "is damaged", remedy)
    arrays = {}
    with archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if size > at_most:
            raise InputError(
                f"{what} {path} unpacks to {size / 2**20:,.0f} MB, more than the limit of {at_most / 2**20:,.0f} MB; "
                "give fewer or shorter arrays."
            )
        for member in members:
            key = member.filename.removesuffix(".npy")
            if key == member.filename:
                raise InputError(
                    f"{what} {path} holds {shown(member.filename)}, which is not an array; {remedy}."
                )
            # Nothing else is written by numpy; the others unpack without a bound, or need a password.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
                raise InputError(
                    f"{what} {path}: {shown(key)} is compressed in a way that numpy does not use; {remedy}."
                )
            damaged = (f"{what} {path}: {shown(key)}", "is damaged", remedy)
            dtype = guarded(lambda member=member: _declared(archive, member), *damaged)
            if dtype.hasobject:
                if key in objects_absent:
                    continue
                raise InputError(
                    f"{what} {path}: {shown(key)} holds Python objects, which are never loaded; save plain arrays."
                )
            arrays[key] = guarded(lambda member=member: _array(archive, member), *damaged)
    return arrays


def _declared(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.dtype:
    """The type of a member's elements by its header, which must ask for no more than the member holds."""
    import numpy as np

    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    if dtype.hasobject:
        return dtype
    if dtype.itemsize == 0 and math.prod(shape) > member.file_size:
        raise ValueError("its elements have no size")
    if any(length < 0 for length in shape) or math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError("its header asks for more than it holds")
    return dtype


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    import numpy as np

    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
