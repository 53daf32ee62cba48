"""The commands: their output on stdout and stderr, and their exit codes."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

from archive.store.changes import Change, Lease
from service.cli import COMMANDS, dateline
from service.cli.opening import opened
from service.worker.consumers.index import IndexConsumer
from service.worker.folder_lock import only_worker
from service.worker.scheduler import Worker

pytestmark = pytest.mark.slow

PATIENCE = 60.0  # seconds: a deadline for a busy machine


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *map(str, arguments)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def call(*arguments: str | Path) -> Result:
    """Run a command in this process: faster, for tests without exit codes of the program."""
    return CliRunner().invoke(dateline, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False)


def output_of(*arguments: str | Path) -> str:
    result = call(*arguments)
    assert result.return_value in (None, 0), result.output
    return result.stdout


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    folder = tmp_path / "stories"
    folder.mkdir()
    (folder / "rain.txt").write_text("date 2023-12-14\nIt rained all day in the valley.\n")
    (folder / "wheat.md").write_text("---\ntitle: Wheat\ntags: [grain]\ndate: 2023-12-15\n---\nExports *rise*.\n")
    lines = [
        {"id": f"s{n}", "title": f"Story {n}", "content_text": "Words.", "published": "2024-01-01"} for n in (1, 2)
    ]
    with gzip.open(folder / "more.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return folder


@pytest.mark.parametrize("command", ["", *COMMANDS, "index rebuild", "token create"])
def test_every_command_explains_itself_and_its_exit_codes(command: str) -> None:
    result = CliRunner().invoke(dateline, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Exit codes: 0 done, 1 a finding or failure, 2 wrong usage, 130 interrupted." in result.stdout


def test_wrong_use_is_2_and_a_failure_1(tmp_path: Path) -> None:
    wrong, missing, failed = run("nonsense"), run("import"), run("token", "revoke", "nobody")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "dateline: there is no valid token 'nobody'; `dateline token list` shows them\n"


def test_settings_that_are_wrong_are_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_TIMEZONE", "Berlin")
    monkeypatch.setenv("DATELINE_TITEL", "x")
    result = run("settings")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "dateline: DATELINE_TITEL is not a setting; `dateline settings` lists all settings\n"
        "dateline: DATELINE_TIMEZONE: must be a time zone; example: Europe/Berlin\n"
    )


def test_settings_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_ADMIN_TOKEN", "sixteen-letters-and-more")
    shown = output_of("settings")
    assert "DATELINE_ADMIN_TOKEN = (set)" in shown
    assert "sixteen" not in shown


def test_a_database_is_made_and_brought_up_to_date() -> None:
    assert output_of("migrate").startswith("Upgraded from an empty database to ")
    assert output_of("migrate").startswith("The schema is up to date: ")


def test_a_data_folder_that_cannot_be_made_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path / "file" / "data"))
    result = run("search", "x")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("dateline: cannot create the data folder")


def test_tokens_are_made_listed_and_revoked() -> None:
    secret = output_of("token", "create", "--name", "hers", "--scope", "read").strip()
    assert secret.startswith("dl_")
    assert output_of("token", "list").startswith("hers\tread\tsince ")
    assert output_of("token", "revoke", "hers") == "Revoked hers.\n"
    assert "revoked" in output_of("token", "list")
    assert run("token", "create", "--name", "hers").returncode == 1
    assert run("token", "create", "--name", "x", "--scope", "everything").returncode == 2


def test_files_are_imported_once(stories: Path) -> None:
    first, again = output_of("import", stories), output_of("import", stories)
    assert first.startswith("Added 4 articles, changed 0, unchanged 0, failed 0; ")
    assert again.startswith("Added 0 articles, changed 0, unchanged 4, failed 0; ")


def test_a_dry_run_adds_nothing(stories: Path) -> None:
    assert output_of("import", stories, "--dry-run").startswith("Would have added 4 articles")
    assert output_of("import", stories).startswith("Added 4 articles")


def test_what_could_not_be_taken_is_listed_with_its_place(stories: Path) -> None:
    (stories / "bad.jsonl").write_text('{"title": "Good", "content_text": "x", "id": "g"}\n{"title": 7}\n')
    result = run("import", stories)
    assert result.returncode == 1
    assert result.stdout.startswith("Added 5 articles, changed 0, unchanged 0, failed 1; ")
    assert f"{stories / 'bad.jsonl'}:2: not imported: content_html: is missing" in result.stderr


def test_what_was_exported_can_be_imported(stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output_of("import", stories)
    assert output_of("export", tmp_path / "all.jsonl.gz").startswith("Wrote 4 articles to ")
    assert output_of("export", tmp_path / "md", "--format", "markdown").startswith("Wrote 4 articles to ")
    assert (tmp_path / "md/2023/12/15/wheat.md").read_text().endswith("Exports *rise*.\n")
    assert output_of("export", tmp_path / "none.jsonl", "--since", "2999-01-01").startswith("Wrote 0 articles to ")
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path / "other"))
    assert output_of("import", tmp_path / "all.jsonl.gz").startswith("Added 4 articles")


def test_a_site_of_files(stories: Path, tmp_path: Path) -> None:
    output_of("import", stories)
    output_of("feeds", "rebuild")
    output_of("export", tmp_path / "site", "--format", "static")
    assert "Wheat" in (tmp_path / "site/index.html").read_text()
    assert run("export", tmp_path / "site", "--format", "static", "--since", "2020-01-01").returncode == 2


def test_a_search_is_for_people_or_for_programs(stories: Path) -> None:
    output_of("import", stories)
    output_of("index", "rebuild")
    assert "Wheat" in output_of("search", "exports")
    document = json.loads(output_of("search", "exports", "--json"))
    assert [result["title"] for result in document["results"]] == ["Wheat"]


def test_a_search_takes_the_filters_of_the_page(stories: Path) -> None:
    output_of("import", stories)
    output_of("index", "rebuild")

    def titles(*arguments: str) -> list[str]:
        return [result["title"] for result in json.loads(output_of("search", *arguments, "--json"))["results"]]

    assert titles("--tag", "grain") == ["Wheat"]
    assert titles("--from", "2024", "--to", "2024-01", "--per-page", "1", "--page", "3") == []
    assert set(titles("words", "--from", "2024", "--to", "2024-01")) == {"Story 1", "Story 2"}
    assert titles("--sort", "oldest", "--to", "2023-12-14") == ["It rained all day in the valley."]
    assert titles("wheat", "--language", "fr") == titles("wheat", "--section", "x", "--author", "y") == []
    result = run("search", "x", "--from", "yesterday", "--to", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--from:" in result.stderr
    assert "--to:" in result.stderr


def test_what_begins_with_a_dash_is_a_query(stories: Path) -> None:
    output_of("import", stories)
    output_of("index", "rebuild")
    for query in (
        "-usa exports",
        "-heat exports",
        "-usa",
        "exports -x=y",
        "--usa exports",
        "-",
        "-tag:x exports",
        "-1",
    ):
        document = json.loads(output_of("search", query, "--json", "--tag", "grain", "--per-page=5"))
        assert document["query"] == query
        assert [result["title"] for result in document["results"]] == ([] if query == "-" else ["Wheat"])


def test_a_search_keeps_its_own_options() -> None:
    for wanted in ("-h", "--help"):
        assert CliRunner().invoke(dateline, ["search", wanted]).stdout.startswith("Usage: dateline search [OPTIONS]")
    for wrong in (["wheat", "--josn"], ["--josn"], ["--sectoin=Grain"], ["--tag", "--josn", "--josn"]):
        assert run("search", *wrong).returncode == 2
    assert run("search", "--", "--josn").returncode != 2


def test_what_was_found_goes_to_stdout_and_what_is_said_about_it_to_stderr(stories: Path) -> None:
    output_of("import", stories)
    output_of("index", "rebuild")
    result = call("search", "exprots rise")
    assert result.stdout.startswith("Wheat\n2023-12-15  http")
    assert result.stdout.endswith("Exports rise.\n\n")
    assert result.stderr.splitlines()[0] == "Did you mean: exports rise"
    assert re.fullmatch(r"1 article, [\d.]+ ms", result.stderr.splitlines()[-1])
    result = call("search", "--per-page", "3")
    assert "year     2023 2  2024 2\n" in result.stderr
    assert "4 articles, page 1 of 2, " in result.stderr
    assert call("search", "a*").stderr.splitlines()[0].startswith("“a*” was left out")


def test_on_a_terminal_the_words_are_in_colour(stories: Path, tmp_path: Path) -> None:
    (stories / "hostile.txt").write_text("date 2024-02-02\nWheat \x9b31m and <b> a good harvest.\n")
    output_of("import", stories)
    output_of("index", "rebuild")
    primary, secondary = os.openpty()
    command = [sys.executable, "-m", "service.cli", "search", "wheat", "--sort", "oldest"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    subprocess.run(
        command, stdout=secondary, stderr=subprocess.PIPE, env=environment, cwd=Path(__file__).parents[3], check=True
    )
    os.close(secondary)
    shown = read_to_the_end(primary)
    assert shown.startswith(b"\x1b[1;33mWheat\x1b[0m")
    assert "\x9b" not in shown.decode()
    assert b"<b> a good harvest" in shown


def test_a_search_without_an_index_is_a_sentence() -> None:
    result = run("search", "x")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("dateline: there is no search index")


def test_index_and_feeds_are_built_checked_and_shown(stories: Path, data: Path) -> None:
    output_of("import", stories)
    before = run("check")
    assert before.returncode == 1
    assert "feeds: /feed.atom is missing" in before.stdout
    assert before.stderr.endswith(" findings\n")
    assert output_of("index", "rebuild").startswith("Indexed 4 articles in ")
    assert output_of("feeds", "rebuild").startswith("Rebuilt ")
    assert output_of("check") == "Archive, index and feeds agree.\n"
    assert output_of("index", "check") == "The index agrees with the archive.\n"
    status = output_of("index", "status")
    assert "articles   4\n" in status
    assert "(up to date)" in status
    assert "http://127.0.0.1:8000/tags/grain/feed.atom" in output_of("feeds", "list").splitlines()


def test_commands_work_while_a_worker_runs(stories: Path, data: Path) -> None:
    with worker_running(data):
        output_of("import", stories)
        assert output_of("index", "rebuild").startswith("Indexed 4 articles in ")
        assert output_of("feeds", "rebuild").startswith("Rebuilt ")
        assert output_of("check") == "Archive, index and feeds agree.\n"
        assert "Wheat" in output_of("search", "exports")


def test_a_rebuild_is_done_here_when_the_worker_ends_meanwhile(stories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output_of("import", stories)
    run_once, naps = Worker.run_once, iter(range(100))
    is_there = iter([True])
    monkeypatch.setattr(Worker, "run_once", lambda worker: not next(is_there, False) and run_once(worker))
    monkeypatch.setattr(time, "sleep", lambda _: next(naps))
    assert output_of("feeds", "rebuild").startswith("Rebuilt ")


def test_of_two_rebuilds_at_once_both_are_done(stories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output_of("import", stories)
    apply, others = IndexConsumer.apply, iter([True])

    def apply_while_another_begins(self: IndexConsumer, changes: Sequence[Change], lease: Lease) -> None:
        apply(self, changes, lease)
        if next(others, False):
            self.archive.changes.rewind(self.name)

    monkeypatch.setattr(IndexConsumer, "apply", apply_while_another_begins)
    assert output_of("index", "rebuild").startswith("Indexed 4 articles in ")


@pytest.mark.parametrize(
    ("command", "shown"),
    [("index rebuild", b"Indexing"), ("feeds rebuild", b"Building feeds"), ("check", b"Checking the archive")],
)
def test_on_a_terminal_long_work_shows_how_far_it_is(stories: Path, command: str, shown: bytes) -> None:
    output_of("import", stories)
    primary, secondary = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "service.cli", *command.split()],
        stdout=subprocess.DEVNULL,
        stderr=secondary,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"},
        cwd=Path(__file__).parents[3],
    ):
        os.close(secondary)
        assert shown in read_to_the_end(primary)


def read_to_the_end(terminal: int) -> bytes:
    shown = b""
    with suppress(OSError):  # Linux raises EIO when the other end is closed
        while piece := os.read(terminal, 65536):
            shown += piece
    os.close(terminal)
    return shown


EAGER = """
from datetime import timedelta
from service.worker import scheduler
from service.cli import dateline

scheduler.RESTART_THRESHOLD, scheduler.RESTART_IDLE_TIME = 1, timedelta(seconds=0.1)
dateline()
"""


def test_after_many_changes_a_worker_restarts_in_the_same_process(
    stories: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_LOG_LEVEL", "info")
    another = tmp_path / "another.txt"
    another.write_text("Barley\n\nIt has come.\n")
    with (tmp_path / "log").open("wb") as log, worker_running(data, "-c", EAGER, log=log, restarts=True) as process:
        output_of("import", stories)
        wait_for(lambda: b"restarting" in (tmp_path / "log").read_bytes())
        output_of("import", another)
        wait_for(lambda: "Barley" in run("search", "barley").stdout)
        assert process.poll() is None
    assert (tmp_path / "log").read_text().count("worker is ready") >= 2


@contextmanager
def worker_running(
    data: Path, *program: str, log: IO[bytes] | int = subprocess.DEVNULL, restarts: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    output_of("migrate")
    process = subprocess.Popen(
        [sys.executable, *(program or ("-m", "service.cli")), "worker"], cwd=Path(__file__).parents[3], stderr=log
    )
    try:
        wait_for(lambda: _is_taken(data))
        yield process
    finally:
        process.terminate()
        # A worker that is just restarting has no signal handler yet.
        assert process.wait(PATIENCE) in ((0, -signal.SIGTERM) if restarts else (0,))


def _is_taken(data: Path) -> bool:
    at_once = threading.Event()
    at_once.set()
    with only_worker(data, at_once) as alone:
        return not alone


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_import_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    lines = [{"id": f"s{n}", "title": f"Story {n}", "content_text": "Words. " * 200} for n in range(4000)]
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    output_of("migrate")
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", str(file)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(_has_articles)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "dateline: stopped. Saved articles stay; repeat the command to continue.\n"
    result = output_of("import", file)
    added = int(result.split()[1].replace(",", ""))
    assert 0 < added < 4000
    assert f"unchanged {4000 - added:,}, " in result


def _has_articles() -> bool:
    with opened() as opened_:
        return opened_.archive.changes.head() > 0
