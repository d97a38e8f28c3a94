"""Datasets: damaged archives, forged headers, arrays of any type and shape; none is unpickled, none fills the memory."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from attacking import ends, inputs
from gimbal_samples import config
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from junk import TEXT, VALUES, damaged, written

from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.generate import simulate
from faultline.store.arrays import read_arrays

ARRAYS = simulate(config(T=5))


def archive(arrays, save=np.savez) -> bytes:
    content = io.BytesIO()
    save(content, **arrays)
    return content.getvalue()


ANY_TYPE = st.one_of(
    arrays_of.scalar_dtypes(),
    arrays_of.unicode_string_dtypes(),
    arrays_of.byte_string_dtypes(),
    arrays_of.array_dtypes(max_size=3),
    st.sampled_from(["f2", "f8", ">f8", "i8", ">i4", "u8"]).map(np.dtype),
)
ANY_ARRAY = arrays_of.arrays(ANY_TYPE, arrays_of.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))


@st.composite
def of_the_right_shape(draw: st.DrawFn) -> dict:
    """A dataset of which one array has other numbers in it."""
    key = draw(st.sampled_from(sorted(set(ARRAYS) - {"config_json", "config_hash", "joint_names"})))
    array = ARRAYS[key].astype(draw(st.sampled_from(["f8", "f4", "f2", "i8", "u8", "u1", ">f8"])))
    numbers = draw(st.lists(st.one_of(st.floats(width=64), st.integers(-3, 9)), min_size=1, max_size=5))
    with np.errstate(all="ignore"):
        flat = array.ravel().copy()
        at = draw(st.integers(0, flat.size - 1))
        new = np.array(numbers[: flat.size - at], dtype=float).astype(flat.dtype)
    flat[at : at + new.size] = new
    return {**ARRAYS, key: flat.reshape(array.shape)}


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """An archive of members whose headers say something else than what they hold."""
    content = io.BytesIO()
    method = draw(
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
    )
    with zipfile.ZipFile(content, "w", method) as members:
        for name in draw(
            st.lists(
                st.sampled_from([*ARRAYS, "x", "../../x", "/x", ""]), min_size=1, max_size=3, unique=True
            )
        ):
            shape = draw(st.one_of(st.lists(st.integers(-2, 10**15), max_size=4).map(tuple), VALUES))
            kind = draw(st.one_of(st.sampled_from(["<f8", "|O", "<U5", "|V0", "|S0", ">i4"]), TEXT))
            with_code = "{'descr': __import__('os').system('touch ran'), 'fortran_order': 0, 'shape': ()}"
            header = draw(
                st.sampled_from(
                    [
                        f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {written(shape):.3000}}}",
                        with_code,
                    ]
                )
            ).encode(errors="replace")[:60_000]
            version = draw(st.sampled_from([b"\x01\x00", b"\x02\x00", b"\x09\x09"]))
            size = len(header).to_bytes(2 if version == b"\x01\x00" else 4, "little")
            data = draw(st.binary(max_size=64))
            members.writestr(f"{name}.npy", b"\x93NUMPY" + version + size + header + data)
    return content.getvalue()


ARCHIVES = st.one_of(
    damaged(archive(ARRAYS)),
    damaged(archive(ARRAYS, np.savez_compressed)),
    st.builds(lambda key, array: archive({**ARRAYS, key: array}), st.sampled_from(sorted(ARRAYS)), ANY_ARRAY),
    of_the_right_shape().map(archive),
    st.builds(
        lambda text: archive({**ARRAYS, "config_json": np.array(text)}),
        TEXT.filter(lambda text: "\ud800" not in text),
    ),
    forged(),
    st.binary(max_size=100),
)


@inputs(700)
@given(
    content=ARCHIVES, limits=st.sampled_from([{}, {"max_T": 3, "max_K": 3}, {"max_T": 0}, {"max_K": 10**9}])
)
def test_archives(folder, content, limits):
    path = folder / "data.npz"
    path.write_bytes(content)
    with np.errstate(all="ignore"):
        dataset = ends(folder, lambda: load_dataset(path, **limits))
        ends(folder, read_arrays, path)
        if dataset is not None:
            assert ends(folder, dataset.describe)["T"] >= 2
    assert not (folder / "ran").exists()
