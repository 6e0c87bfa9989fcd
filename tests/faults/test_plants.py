"""A suite that cannot fail shows nothing: each mistake that it is meant to find is planted, and found.

In `make test` the two cheapest are; with ``REMINDERD_EVERY_PLANT=1`` (`make test-long`) all of them. The same
tests are green where nothing is planted.
"""

import os

import pytest

from tests.faults.plant import PLANTS, ROOT, Copy, Plant

EVERY_PLANT = os.environ.get("REMINDERD_EVERY_PLANT") == "1"
CHEAPEST = ("== instead of <= on due dates", "naive local time")
PLANTED = [plant for plant in PLANTS if EVERY_PLANT or plant.name in CHEAPEST]
_RED = 1


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy.make(tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_what_is_planted_finds_its_place(plant: Plant) -> None:
    text = (ROOT / plant.file).read_text()
    assert dict.fromkeys(plant.edits, 1) == {old: text.count(old) for old in plant.edits}


def test_the_copy_is_what_runs_and_it_is_green(copy: Copy) -> None:
    (copy.folder / "test_where.py").write_text(
        "import reminderd, tests.casework\n\n\n"
        "def test_where():\n"
        f"    assert reminderd.__file__ == {str(copy.folder / 'reminderd/__init__.py')!r}\n"
        f"    assert tests.casework.__file__ == {str(copy.folder / 'tests/casework.py')!r}\n"
    )
    proofs = {proof for plant in PLANTED for proof in _affordable(plant)}
    done = copy.prove("test_where.py", *sorted(proofs))
    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.name)
def test_a_planted_fault_is_found(plant: Plant, copy: Copy) -> None:
    copy.plant(plant)
    try:
        for proof in _affordable(plant):
            done = copy.prove(proof)
            assert _RED == done.returncode, f"{proof} did not notice:\n{done.stdout}"
            assert "failed" in done.stdout
    finally:
        copy.pull_out(plant)


def _affordable(plant: Plant) -> tuple[str, ...]:
    return plant.proofs if EVERY_PLANT else plant.proofs[:1]
