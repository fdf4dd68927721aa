"""What stands before everything else."""

import pytest

from bot.web.gate import refuse_unsafe_environment
from corpus.errors import PortelloError


@pytest.mark.parametrize(
    "name", ["GRADIO_VIBE_MODE", "GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_ALLOWED_PATHS"]
)
def test_refuses_to_start_where_gradio_is_told_to_open_up(name: str) -> None:
    with pytest.raises(PortelloError, match=f"unset {name}"):
        refuse_unsafe_environment({name: "1"})
    refuse_unsafe_environment({name: "", "GRADIO_TEMP_DIR": "/tmp"})
