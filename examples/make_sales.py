"""How data/sales.csv was made: 200 sales of a tea shop, the same ones each time."""

import csv
import random
import sys
from datetime import date, timedelta
from pathlib import Path

REGIONS = {"North": 0.9, "South": 1.0, "East": 1.5, "West": 0.7}
PRODUCTS = {"green tea": 8.5, "black tea": 7.2, "oolong": 12.8, "jasmine": 9.9, "pu-erh": 15.6}


def main() -> None:
    """Write the table to the path that is given, or to data/sales.csv."""
    default = Path(__file__).parent / "data" / "sales.csv"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    draw = random.Random(2025)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["date", "region", "product", "units", "sales"])
        for number in range(200):
            day = date(2025, 1, 1) + timedelta(days=number * 364 // 199)
            region = draw.choice(list(REGIONS))
            product = draw.choice(list(PRODUCTS))
            units = max(1, round(draw.gauss(20, 8) * REGIONS[region]))
            table.writerow([day, region, product, units, f"{units * PRODUCTS[product]:.2f}"])


if __name__ == "__main__":
    main()
