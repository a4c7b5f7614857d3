"""`hone trust`: a project's own skills and settings are used once the user says so, and no longer when they say no."""

from tests.cli.driving import Hone

from hone.testing import WireServer, say


def project(hone: Hone) -> None:
    skill = hone.work / ".agents" / "skills" / "deploy"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(
        "---\nname: deploy\ndescription: How this project is deployed.\n---\nPush.\n"
    )
    (hone.work / ".hone").mkdir()
    (hone.work / ".hone" / "config.yaml").write_text("limits: {steps: 7}\n")


def test_what_a_project_brings_counts_only_while_it_is_trusted(hone: Hone) -> None:
    project(hone)
    with WireServer(lambda _request: say("ok")) as server:
        hone.use(server)
        before = hone.here("run", "hi")
        trusted = hone.here("trust")
        during = hone.here("run", "hi")
        no_longer = hone.here("trust", "--no")
        after = hone.here("run", "hi")
        systems = [request["messages"][0]["content"] for request in server.requests]
    assert ["How this project is deployed" in system for system in systems] == [False, True, False]
    assert "skills of this project are not used (deploy): `hone trust` allows them" in before.err
    assert ".hone/config.yaml is not used: `hone trust` allows it" in before.err
    assert "hone trust" not in during.err + after.err  # an answer was given: no more reminders
    assert trusted.out == f"{hone.work}: its skills and settings are used from now on\n"
    assert no_longer.out == f"{hone.work}: its skills and settings are not used\n"


def test_a_folder_inside_a_repository_means_the_repository(hone: Hone) -> None:
    (hone.work / ".git").mkdir()
    (hone.work / "docs").mkdir()
    assert hone.here("trust", "docs").out.startswith(f"{hone.work}: ")
    assert f"{hone.work}:" in (hone.home / "grants.yaml").read_text()


def test_what_cannot_be_trusted_is_one_line_and_nothing_is_written(hone: Hone) -> None:
    before = hone.contents()
    absent = hone.here("trust", "nowhere")
    too_wide = hone.here("trust", str(hone.user))
    assert absent.is_usage_error()
    assert absent.err == "hone: nowhere is not a directory\n"
    assert too_wide.is_usage_error()
    assert "too wide for a workspace" in too_wide.err
    assert hone.contents() == before


def test_grants_that_cannot_be_understood_are_left_as_they_are(hone: Hone) -> None:
    (hone.home / "grants.yaml").write_text("folders: [oops\n")
    done = hone.here("trust")
    assert done.is_usage_error()
    assert "grants.yaml" in done.err
    assert "mend or delete it" in done.err
    assert (hone.home / "grants.yaml").read_text() == "folders: [oops\n"
