# python/pliant/compat/stand_ins/torchvision/datasets/utils.py — files of $PLIANT_DATA in place of downloads
from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path


def check_integrity(fpath: str | os.PathLike[str], md5: str | None = None) -> bool:
    """Whether the file is there; its sum is not looked at: files are whoever's who put them there."""
    return os.path.isfile(fpath)


def download_url(url: str, root: str, filename: str | None = None, md5: str | None = None) -> None:
    """Copies the file of this name from $PLIANT_DATA or a folder in it to `root`.

    Raises:
        RuntimeError: if it is not there
    """
    name = filename or url.rsplit("/", 1)[-1]
    data = os.environ.get("PLIANT_DATA")
    found = sorted(Path(data).rglob(name)) if data else []
    if not found:
        raise RuntimeError(
            f"nothing is downloaded: put {name} into the folder that PLIANT_DATA names, or into one there"
        )
    os.makedirs(root, exist_ok=True)
    shutil.copy(found[0], os.path.join(root, name))


def download_and_extract_archive(
    url: str,
    download_root: str,
    extract_root: str | None = None,
    filename: str | None = None,
    md5: str | None = None,
) -> None:
    """`download_url`, and beside the file, or in extract_root, what a .gz or another archive has in it."""
    name = filename or url.rsplit("/", 1)[-1]
    download_url(url, download_root, name)
    archive = Path(download_root) / name
    folder = Path(extract_root or download_root)
    if archive.suffix == ".gz" and Path(archive.stem).suffix != ".tar":
        with gzip.open(archive) as packed, open(folder / archive.stem, "wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    else:
        shutil.unpack_archive(archive, folder)
