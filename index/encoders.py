"""The encoders for a model: ONNX Runtime, or sentence-transformers for what can't be exported.

They give the same vectors, but for rounding. What is made for a model is kept in a cache folder,
by the hash of the weights, so that all indexes made with it share it.
"""

import os
import subprocess
import sys
from pathlib import Path

from index.digest import Digest, Digests, sha256_of
from index.encode import Encoder
from index.errors import ModelProblem
from index.model import Model, find_model
from index.onnx_encoder import DamagedExportError, OnnxEncoder, Precision

_UNSUPPORTED, _UNWRITABLE = 3, 4
_EXPORT = f"""
import sys
from pathlib import Path
from index.export import UnsupportedExportError, export_model
from index.model import Model
name, folder, fingerprint, target = sys.argv[1:]
try:
    export_model(Model(name, Path(folder), fingerprint), Path(target))
except UnsupportedExportError:
    sys.exit({_UNSUPPORTED})
except OSError as error:
    print(error.errno or 0)
    sys.exit({_UNWRITABLE})
"""


def describe(name: str, cache: Path) -> Model:
    """Return a model's name, folder and fingerprint, without reading its weights at every start.

    Raises
    ------
    ModelProblem
        It can't be found, or isn't the one that is expected.
    """
    return find_model(name, _digests(cache).of)


def building_encoder(name: str, cache: Path) -> Encoder:
    """Return the encoder for building an index: exact, and on ONNX Runtime a third of PyTorch's
    time.

    The weights are hashed now, whatever is cached; exports the model as :func:`question_encoder`
    does.

    Raises
    ------
    ModelProblem
        As for :func:`question_encoder`.
    """
    return _opened(name, find_model(name), cache, sha256_of, "fp32")


def question_encoder(name: str, cache: Path, precision: Precision = "int8") -> Encoder:
    """Return the encoder for answering: loads no PyTorch once the model has been exported.

    The first use, and one after the export was damaged, exports the model (some ten seconds);
    other processes wait for it. A model that can't be exported is run by sentence-transformers.
    With ``precision`` "int8", vectors differ a little from those of :func:`building_encoder`
    (cosine .9996): no ranking suffers, and it takes half the time.

    Raises
    ------
    ModelProblem
        As for :func:`describe`, sentence-transformers can't load the model, or the cache folder
        can't be written to.
    """
    return _opened(name, describe(name, cache), cache, _digests(cache).of, precision)


def _opened(name: str, model: Model, cache: Path, digest: Digest, precision: Precision) -> Encoder:
    folder = cache / "onnx" / model.fingerprint[:16]
    try:
        return OnnxEncoder.load(folder, digest, precision)
    except DamagedExportError:
        return _exported(name, folder, digest, precision)


def _exported(name: str, folder: Path, digest: Digest, precision: Precision) -> Encoder:
    from filelock import FileLock

    model = find_model(name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            try:  # Another process may have made it while this one waited.
                return OnnxEncoder.load(folder, digest, precision)
            except DamagedExportError:
                if export_apart(model, folder):
                    return OnnxEncoder.load(folder, digest, precision)
        from index.sentence_encoder import SentenceEncoder

        return SentenceEncoder(model)
    except OSError as error:
        raise ModelProblem(
            f"can't keep the exported model in {folder} ({error.strerror}); "
            "make that folder writable"
        ) from error


def export_apart(model: Model, target: Path) -> bool:
    """Export a model in a process of its own, which takes PyTorch along when it ends.

    A server that did it itself would hold half a gigabyte more for as long as it runs. Returns
    False for a model that can't be exported; see :func:`index.export.export_model`.

    Raises
    ------
    OSError
        The folder can't be written.
    RuntimeError
        It failed otherwise.
    """
    described = [model.name, str(model.folder), model.fingerprint, str(target)]
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-c", _EXPORT, *described],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == _UNWRITABLE:
        number = int(done.stdout.split()[-1])
        raise OSError(number, os.strerror(number))
    if done.returncode not in (0, _UNSUPPORTED):
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RuntimeError(f"the model {model.name} could not be exported: {told[-1]}")
    return done.returncode == 0


def _digests(cache: Path) -> Digests:
    return Digests(cache / "digests.json")
