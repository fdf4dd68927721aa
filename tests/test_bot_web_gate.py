"""What stands before everything else."""

import pytest

from bot.web.gate import refuse_unsafe_environment, security_headers
from corpus.errors import PortelloError


def test_only_the_site_itself_may_frame_the_page_by_default() -> None:
    assert security_headers(())["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_no_script_is_evaluated_and_no_other_site_asked() -> None:
    policy = security_headers(("https://a.example",))["Content-Security-Policy"]
    assert "unsafe-eval" not in policy
    assert "*" not in policy
    assert policy.count("https:") == 1


@pytest.mark.parametrize(
    "name", ["GRADIO_VIBE_MODE", "GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_ALLOWED_PATHS"]
)
def test_refuses_to_start_where_gradio_is_told_to_open_up(name: str) -> None:
    with pytest.raises(PortelloError, match=f"unset {name}"):
        refuse_unsafe_environment({name: "1"})
    refuse_unsafe_environment({name: "", "GRADIO_TEMP_DIR": "/tmp"})
