"""Turns glaze recipes in parts into a batch in grams."""

RECIPES = {
    "Q-09": {"potash feldspar": 41, "silica": 29, "whiting": 18, "ball clay": 12},
    "Q-17": {"potash feldspar": 38, "silica": 31, "whiting": 21, "wood ash": 10},
}

# Percentages above 100 are colourants and do not count as parts.
COLOURANTS = {"Q-09": {"red iron oxide": 1.5}, "Q-17": {"cobalt carbonate": 0.4}}


def batch(recipe: str, grams: float) -> dict[str, float]:
    """Return how many grams of each material make `grams` of dry glaze."""
    parts = RECIPES[recipe]
    total = sum(parts.values())
    weights = {name: grams * share / total for name, share in parts.items()}
    for name, percent in COLOURANTS.get(recipe, {}).items():
        weights[name] = grams * percent / 100
    return weights


def water(grams: float, thickness: float = 1.45) -> float:
    """Return the millilitres of water for a slop of that specific gravity."""
    # Dry glaze weighs about 2.6 g a millilitre (Brongniart's formula).
    dry_volume = grams / 2.6
    return (grams - thickness * dry_volume) / (thickness - 1)


if __name__ == "__main__":
    for material, weight in batch("Q-17", 2500).items():
        print(f"{material:20} {weight:8.1f} g")
    print(f"water {water(2500):.0f} ml")
