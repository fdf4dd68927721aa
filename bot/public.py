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
