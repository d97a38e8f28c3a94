"""Datasets by the kind of their file."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from faultline.core.errors import InputError
from faultline.targets.data_files import is_known, read_dataset

TABLE = pd.DataFrame({"county": ["AITKIN", "ANOKA"], "log_radon": [0.8, np.nan]})


def test_tables_are_data_frames(tmp_path):
    TABLE.to_csv(tmp_path / "radon.csv", index=False)
    TABLE.to_csv(tmp_path / "EXPORT.CSV", index=False)
    TABLE.to_parquet(tmp_path / "radon.parquet")
    for name in ("radon.csv", "EXPORT.CSV", "radon.parquet"):
        assert is_known(name)
        pd.testing.assert_frame_equal(read_dataset(tmp_path / name), TABLE)


def test_netcdf_is_an_xarray_dataset(tmp_path):
    given = xr.Dataset({"y": ("time", [1.0, 2.0])}, coords={"time": ["a", "b"]})
    given.to_netcdf(tmp_path / "y.nc")
    xr.testing.assert_identical(read_dataset(tmp_path / "y.nc"), given)


def test_arrays_and_json_are_mappings(tmp_path):
    np.savez(tmp_path / "y.npz", y=np.arange(3))
    assert list(read_dataset(tmp_path / "y.npz")["y"]) == [0, 1, 2]
    (tmp_path / "y.json").write_text(json.dumps({"y": [1, 2], "name": "schools"}))
    assert read_dataset(tmp_path / "y.json") == {"y": [1, 2], "name": "schools"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "y.xlsx",
            b"1",
            "is of a kind that Faultline does not read; give one that ends in .csv, .parquet, .nc, .npz, .json",
        ),
        ("y.csv", b"", "cannot be read as .csv: EmptyDataError"),
        ("y.csv", b"a,b\n1,2\n1,2,3\n", "cannot be read as .csv: ParserError"),
        ("y.csv", b"a\n\xff\xfe", "cannot be read as .csv: UnicodeDecodeError"),
        ("y.parquet", b"no", "cannot be read as .parquet: "),
        ("y.nc", b"no", "cannot be read as .nc: "),
        ("y.npz", b"no", "is not an .npz file"),
        ("y.json", b"{", "y.json"),
        ("y.csv", None, "y.csv"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_dataset(tmp_path / name)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_netcdf_file_with_groups_only_is_a_mistake(tmp_path):
    xr.Dataset({"y": ("time", [1.0, 2.0])}).to_netcdf(tmp_path / "y.nc", group="posterior")
    with pytest.raises(
        InputError, match=r"cannot be read as \.nc: ValueError: it has no variable at its top level"
    ):
        read_dataset(tmp_path / "y.nc")
