"""TrueSkill, against the example values that its implementations publish."""

import pytest

from cogitate.agents.town.skill import Rating, rated


def of(count: int, ranks: list[int]) -> list[tuple[float, float]]:
    found = rated([Rating()] * count, ranks)
    return [(rating.mu, rating.sigma) for rating in found]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([0, 1], [(29.396, 7.171), (20.604, 7.171)]),
        ([0, 0], [(25.0, 6.458), (25.0, 6.458)]),
        ([0, 1, 2], [(31.675, 6.656), (25.0, 6.208), (18.325, 6.656)]),
        ([0, 1, 2, 3], [(33.207, 6.348), (27.401, 5.787), (22.599, 5.787), (16.793, 6.348)]),
        (
            [0, 1, 2, 3, 4],
            [(34.363, 6.136), (29.058, 5.536), (25.0, 5.420), (20.942, 5.536), (15.637, 6.136)],
        ),
    ],
)
def test_new_players_are_rated_as_published(
    ranks: list[int], expected: list[tuple[float, float]]
) -> None:
    for found, (mu, sigma) in zip(of(len(ranks), ranks), expected, strict=True):
        assert found == (pytest.approx(mu, abs=0.002), pytest.approx(sigma, abs=0.002))


def test_the_order_of_the_players_does_not_matter() -> None:
    assert of(3, [2, 0, 1])[1][0] == pytest.approx(of(3, [0, 1, 2])[0][0])


def test_who_wins_against_a_better_one_gains_more() -> None:
    weak, strong = Rating(20, 4), Rating(30, 4)
    upset, expected = rated([weak, strong], [0, 1]), rated([weak, strong], [1, 0])
    assert upset[0].mu - weak.mu > expected[1].mu - strong.mu > 0
