"""Thousands of requests generated from the OpenAPI description: every response matches it."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from archive.sql import SqlArchive
from service.auth import Scope
from service.settings import Settings
from service.web.api.openapi import document
from service.web.app import create_wsgi
from tests.support.harness import Harness, open_harness

schemathesis.serializer.alias("application/x-ndjson", "text/plain")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

DESCRIBED = document(Settings().max_article)
EXAMPLES = int(os.environ.get("DATELINE_TEST_EXAMPLES", "50"))  # of each call
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def whole_office() -> Iterator[Harness]:
    with tempfile.TemporaryDirectory() as folder:
        archive = SqlArchive(f"sqlite:///{folder}/dateline.db")
        archive.migrate()
        with open_harness(archive, Path(folder)) as harness:
            for number in range(3):
                harness.posted(title=f"Story {number}", tags=["usa"], section="grain")
            harness.deliver()
            yield harness
        archive.close()


@pytest.fixture(scope="module")
def described(whole_office: Harness) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", create_wsgi(whole_office.dateline))


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, ways in DESCRIBED["paths"].items() for method in ways if method != "parameters"],
)
def test_every_answer_is_one_that_is_described(described: Any, whole_office: Harness, path: str, method: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method.upper()].as_strategy())
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {whole_office.tokens[Scope.WRITE]}"}
        if "{id}" in path and len(case.path_parameters["id"]) % 2:  # half of them for an existing article
            case.path_parameters["id"] = next(whole_office.archive.articles.every()).id
            headers["If-Match"] = "*"
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
