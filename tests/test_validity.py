"""Every figure of the literature that hipspine claims to meet."""

from pathlib import Path

import pytest
from published_sets import ANATOMY
from validity import Figure, figures

from hipspine.evidence.tables import cite

FOUND = list(figures())


@pytest.mark.skipif(not ANATOMY.is_dir(), reason="no shared anatomy tables beside the checkout: most figures are left out")
def test_the_literature_is_there_to_be_compared_with() -> None:
    assert len(FOUND) >= 11


@pytest.mark.parametrize("figure", FOUND, ids=[figure.what for figure in FOUND])
def test_a_published_figure_comes_out(figure: Figure) -> None:
    assert figure.holds is not False, f"{figure.what}: {figure.ours}; published {figure.published}; asked {figure.criterion}"


@pytest.mark.parametrize("source", sorted({figure.source for figure in FOUND}))
def test_each_figure_has_its_citation(source: str) -> None:
    assert cite(source)


@pytest.mark.skipif(not ANATOMY.is_dir(), reason="no shared anatomy tables beside the checkout")
@pytest.mark.parametrize("figure", FOUND, ids=[figure.what for figure in FOUND])
def test_the_validation_page_shows_todays_figures(figure: Figure) -> None:
    page = Path(__file__).parents[1] / "docs" / "validation.md"
    if not page.is_file():
        pytest.skip("no docs beside the tests")
    text = page.read_text(encoding="utf-8")
    assert f"| {figure.what} | {figure.published} | {figure.ours} |" in text, (
        "run: python benchmarks/validation_page.py > docs/validation.md"
    )
