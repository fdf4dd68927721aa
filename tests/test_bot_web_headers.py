"""The headers of every response."""

from bot.web.headers import bare_policy, page_policy


def test_only_the_site_itself_may_frame_the_page_by_default() -> None:
    assert page_policy(()).endswith("frame-ancestors 'self'")
    assert bare_policy(()).endswith("frame-ancestors 'self'")


def test_no_script_is_evaluated_and_no_other_site_asked() -> None:
    policy = page_policy(("https://a.example",))
    assert "unsafe-eval" not in policy
    assert "*" not in policy
    assert policy.count("https:") == 1


def test_data_runs_and_loads_nothing() -> None:
    policy = bare_policy(("https://a.example",))
    assert policy.startswith("default-src 'none'; style-src 'none'; ")
    assert "unsafe" not in policy
