"""The settings of a server that faces the public: who stands before it and what it takes in."""

from dataclasses import dataclass, field

from bot import kinds
from bot.kinds import about


@dataclass(frozen=True, slots=True)
class Public:
    """Part of :class:`bot.config.Settings`; what each means stands beside it."""

    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata=about(
            kinds.NETWORKS,
            "Addresses or networks of your reverse proxies, e.g. `127.0.0.1`: they alone are"
            " believed when they tell a visitor's address and `https`. As a variable, separated"
            " by commas.",
            "none",
        ),
    )
    prefix: str = field(
        default="",
        metadata=about(
            kinds.PREFIX, "Path under which a reverse proxy shows Portello, e.g. `/chat`."
        ),
    )
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata=about(
            kinds.HOSTS,
            "Hosts that Portello answers for, e.g. `chat.example.com`; requests for others are"
            " refused. As a variable, separated by commas.",
            "any",
        ),
    )
    max_body_bytes: int | None = field(
        default=None,
        metadata=about(
            kinds.BYTES,
            "Bytes of a request's body; larger ones are turned away.",
            "`65536`, or 12 times `max_question_chars` if that is more",
        ),
    )
    max_history: int = field(
        default=20,
        metadata=about(
            kinds.HISTORY, "Earlier questions that are looked at, the last ones; 20 at most."
        ),
    )
    questions_per_minute: int = field(
        default=60,
        metadata=about(kinds.COUNT, "Questions and thumbs a minute from one address, on average."),
    )
    questions_at_once: int = field(
        default=20,
        metadata=about(kinds.COUNT, "Questions from one address in a row, after a pause."),
    )
    total_per_minute: int = field(
        default=3000,
        metadata=about(kinds.COUNT, "Questions and thumbs a minute from all addresses together."),
    )
    max_waiting: int = field(
        default=64,
        metadata=about(
            kinds.COUNT, "Questions that may wait for their turn; more are sent away for a moment."
        ),
    )
    pages_at_once: int = field(
        default=50,
        metadata=about(
            kinds.COUNT,
            "Chat pages (and calls of gradio_client) from one address that may be open together.",
        ),
    )
    total_pages: int = field(
        default=500,
        metadata=about(kinds.COUNT, "Chat pages from all addresses that may be open together."),
    )
    access_log: str = field(
        default="-",
        metadata=about(
            kinds.LOG,
            "File of a JSON line a request, without address and question; `-` is standard error,"
            " an empty text in the TOML file turns it off.",
        ),
    )
    log_questions: bool = field(
        default=False,
        metadata=about(
            kinds.SWITCH, "Whether questions stand in the access log; tell your visitors if so."
        ),
    )
    metrics_from: tuple[str, ...] = field(
        default=("127.0.0.1", "::1"),
        metadata=about(
            kinds.NETWORKS,
            "Addresses or networks that may read `/metrics`; to others it doesn't exist. As a"
            " variable, separated by commas.",
            "this machine",
        ),
    )
