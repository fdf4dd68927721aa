"""What others do with the same passages: run by ``bench_peers.py`` in an environment of its own.

    python tests/peers.py NAME build FOLDER        reads FOLDER/passages.jsonl
    python tests/peers.py NAME ask FOLDER QUESTION
    python tests/peers.py NAME all FOLDER          reads FOLDER/questions.json, prints JSON

Each as its own documentation shows it, with the same weights, given by ``PEER_MODEL``.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bench_tools import resident_mb

MODEL = os.environ.get("PEER_MODEL", "")


class Peer(Protocol):
    """A place to search."""

    def best(self, question: str) -> str:
        """Return the id of the best passage."""
        ...


class Plain:
    """SentenceTransformer.encode and a flat FAISS index."""

    def __init__(self, folder: Path) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(MODEL, device="cpu", local_files_only=True)
        self._index = faiss.read_index(str(folder / "plain.faiss"))
        self._ids = [name for name, _ in passages_in(folder)]

    @staticmethod
    def build(folder: Path) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(MODEL, device="cpu", local_files_only=True)
        texts = [text for _, text in passages_in(folder)]
        rows = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        faiss.write_index(index, str(folder / "plain.faiss"))

    def best(self, question: str) -> str:
        row = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        return self._ids[int(self._index.search(row, 1)[1][0, 0])]


class LangChain:
    """LangChain's FAISS store with its Hugging Face embeddings."""

    def __init__(self, folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        place = str(folder / "langchain")
        self._store = FAISS.load_local(
            place, self._embeddings(), allow_dangerous_deserialization=True
        )

    @staticmethod
    def _embeddings():
        from langchain_huggingface import HuggingFaceEmbeddings

        return HuggingFaceEmbeddings(
            model_name=MODEL,
            model_kwargs={"device": "cpu", "local_files_only": True},
            encode_kwargs={"normalize_embeddings": True},
        )

    @staticmethod
    def build(folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        names, texts = zip(*passages_in(folder), strict=True)
        store = FAISS.from_texts(
            list(texts), LangChain._embeddings(), metadatas=[{"id": name} for name in names]
        )
        store.save_local(str(folder / "langchain"))

    def best(self, question: str) -> str:
        return self._store.similarity_search(question, k=1)[0].metadata["id"]


class Txtai:
    """txtai's Embeddings, whose index is FAISS, too."""

    def __init__(self, folder: Path) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder / "txtai"))
        self._ids = [name for name, _ in passages_in(folder)]

    @staticmethod
    def build(folder: Path) -> None:
        from txtai import Embeddings

        embeddings = Embeddings(path=MODEL, method="transformers", gpu=False)
        embeddings.index(enumerate(text for _, text in passages_in(folder)))
        embeddings.save(str(folder / "txtai"))

    def best(self, question: str) -> str:
        return self._ids[self._embeddings.search(question, 1)[0][0]]


class Portello:
    """This project, its ranking before any abstention."""

    def __init__(self, folder: Path) -> None:
        from bot.answer import Bot
        from bot.config import load_settings

        corpus = Path((folder / "corpus.txt").read_text("utf-8"))
        places = {"corpus": [corpus], "index": folder / "portello"}
        self._bot = Bot.open(load_settings(overrides=places))

    @staticmethod
    def build(folder: Path) -> None:
        Portello(folder)

    def best(self, question: str) -> str:
        return next(iter(self._bot.trace(question).ranking), "")


PEERS: dict[str, type[Plain | LangChain | Txtai | Portello]] = {
    "portello": Portello,
    "plain": Plain,
    "langchain": LangChain,
    "txtai": Txtai,
}


def passages_in(folder: Path) -> list[tuple[str, str]]:
    """Return id and text of each passage."""
    lines = (folder / "passages.jsonl").read_text("utf-8").splitlines()
    return [(line["id"], line["text"]) for line in map(json.loads, lines)]


def ask_all(open_peer: Callable[[Path], Peer], folder: Path) -> dict[str, object]:
    """Ask every question, one after the other; the first few twice, to warm up."""
    peer = open_peer(folder)
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    for question in questions[:10]:
        peer.best(question)
    best, seconds, busy = [], [], time.process_time()
    for question in questions:
        began = time.perf_counter()
        best.append(peer.best(question))
        seconds.append(time.perf_counter() - began)
    busy = time.process_time() - busy
    return {"best": best, "seconds": seconds, "processor": busy, "mb": resident_mb()}


def main() -> None:
    """Do what the arguments say."""
    name, action, folder, *questions = sys.argv[1:]
    peer, place = PEERS[name], Path(folder)
    if action == "build":
        peer.build(place)
    elif action == "ask":
        sys.stdout.write(peer(place).best(questions[0]) + "\n")
    else:
        sys.stdout.write(json.dumps(ask_all(peer, place)) + "\n")


if __name__ == "__main__":
    main()
