"""The API is what its description says, whatever is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from serving import SCRIPTED, Served, serving

POSTED = ("/api/ask", "/api/feedback")
PATHS = ("/api/ask", "/api/feedback", "/api/suggestions", "/healthz", "/readyz")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(SCRIPTED, str(tmp_path_factory.mktemp("api") / "feedback.jsonl")) as served:
        yield served


@pytest.fixture(scope="module")
def described(served: Served) -> Any:
    refusals = {"negative_data_rejection": {"expected-statuses": ["413", "415", "422"]}}
    config = schemathesis.Config.from_dict({"checks": refusals})
    return schemathesis.openapi.from_url(f"{served.url}openapi.json", config=config)


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        *((path, GenerationMode.POSITIVE) for path in PATHS),
        *((path, GenerationMode.NEGATIVE) for path in POSTED),
    ],
)
def test_every_route_does_what_its_description_says(
    described: Any, path: str, mode: GenerationMode
) -> None:
    (operation,) = described[path].values()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate()

    holds()


def test_the_description_holds_every_route(described: Any) -> None:
    assert described.statistic.operations.total == len(PATHS)


def test_a_stranger_finds_what_each_call_is_for(described: Any) -> None:
    raw = described.raw_schema
    assert raw["info"]["version"]
    assert "Retry-After" in raw["info"]["description"]
    operations = [each for path in raw["paths"].values() for each in path.values()]
    names = {each["operationId"] for each in operations}
    assert names == {"ask", "suggestions", "feedback", "healthz", "readyz"}
    for each in operations:
        assert each["description"].endswith(".")
        for status, response in each["responses"].items():
            schema = response["content"]["application/json"]["schema"]["$ref"]
            assert schema.endswith("/Error") is (status != "200")
            assert ("Retry-After" in response.get("headers", {})) is (status in {"429", "503"})
    for name in ("Question", "Opinion"):
        assert raw["components"]["schemas"][name]["examples"]


def test_the_limit_of_a_question_is_this_sites(described: Any) -> None:
    fields = described.raw_schema["components"]["schemas"]["Question"]["properties"]
    assert fields["question"]["maxLength"] == 1000
