"""Installed from its wheel, without the checkout: everything that travels inside is there and works.

The environment is new; only the dependencies come from the one that runs this test, by way of a path
file, so that they need not be fetched again. Path files inside that folder are not followed, and an
editable installation of the checkout is one of those.
"""

import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.installation import run

pytestmark = pytest.mark.xdist_group("wheel")  # made ready once, and not by each worker

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        folder,
        ROOT,
    ]
    done = run(build, cwd=folder, seconds=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of an environment that holds nothing but the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    made = run([sys.executable, "-m", "venv", "--without-pip", folder], cwd=folder)
    assert 0 == made.returncode, made.stderr
    python = folder / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    done = run(
        [*pip, "--no-deps", "--no-index", "--disable-pip-version-check", wheel], cwd=folder, seconds=120
    )
    assert 0 == done.returncode, done.stderr
    (own,) = folder.glob("lib/python*/site-packages")
    own.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def test_templates_settings_rules_and_units_travel_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [
        path.relative_to(ROOT).as_posix()
        for folder in ("templates", "config", "systemd")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not path.is_relative_to(ROOT / "systemd" / "debian")
    ]
    assert 15 < len(shipped)
    assert [] == [name for name in shipped if f"reminderd/shipped/{name}" not in names]
    assert "reminderd/py.typed" in names
    assert [] == [name for name in names if "debian" in name]


def test_what_runs_is_the_wheel_and_not_the_checkout(environment: Path, tmp_path: Path) -> None:
    done = run([environment / "python", "-c", "import reminderd; print(reminderd.__file__)"], cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)


def test_the_demo_works_from_any_folder(environment: Path, tmp_path: Path) -> None:
    demo: list[str | Path] = [environment / "reminderd", "demo", "--from", "2026-01-01", "--to", "2026-01-14"]
    done = run(demo, cwd=tmp_path, seconds=120)
    assert 0 == done.returncode, done.stderr
    assert "activity-invitation" in done.stdout
    mails = tmp_path / "reminderd-demo" / "mails"
    assert list(mails.glob("*.eml"))
    assert list(mails.glob("*.ics"))
    assert [] == [name for name in ("Traceback", str(ROOT)) if name in done.stdout + done.stderr]


def test_the_shipped_settings_pass_the_check(environment: Path, tmp_path: Path) -> None:
    (shipped,) = environment.parent.glob("lib/python*/site-packages/reminderd/shipped/config/reminderd.toml")
    done = run([environment / "reminderd", "--config", shipped, "check"], cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
