"""The practice's own tools: its tariffs, its code table, its intervals."""

from datetime import date, timedelta

from cogitate import tool

NIGHT = {"cat": 76, "rabbit": 48, "small dog": 92, "large dog": 128}
CODES = {
    "A02": "初诊检查",
    "A05": "复诊检查",
    "B11": "狂犬疫苗接种",
    "D20": "皮肤刮片检查",
    "F33": "骨折内固定手术",
    "K27": "外耳道冲洗",
    "L14": "超声波洗牙（全身麻醉）",
    "L16": "拔牙（单颗）",
    "P08": "剖腹产手术",
    "S41": "腹部超声检查",
}
INTERVALS = {"rabies": 365, "deworming": 85, "kennel cough": 180, "flea drops": 28}


@tool
def boarding_price(animal: str, nights: int) -> float:
    """Return what the practice charges for boarding one animal, in yuan.

    Args:
        animal: one of: cat, rabbit, small dog, large dog.
        nights: the number of nights, for example 3.
    """
    if animal not in NIGHT:
        raise ValueError(f"no tariff for {animal!r}; there are {', '.join(NIGHT)}")
    price = NIGHT[animal] * nights
    return round(price * 0.9 if nights >= 7 else price, 2)


@tool
def house_call_fee(distance_km: float, day: str) -> float:
    """Return the practice's fee for a house call, in yuan.

    Args:
        distance_km: the way from the practice to the owner in kilometres, for example 6.5.
        day: one of: weekday, Saturday, Sunday.
    """
    extra = {"weekday": 0, "saturday": 60, "sunday": 110}
    if day.lower() not in extra:
        raise ValueError(f"no day {day!r}; there are weekday, Saturday, Sunday")
    return round(150 + 4.5 * max(0.0, distance_km - 3) + extra[day.lower()], 2)


@tool
def daily_ration(species: str, weight_kg: float, neutered: bool) -> int:
    """Return how many grams of dry food an animal gets per day by the practice's feeding table.

    Args:
        species: cat or dog.
        weight_kg: the animal's weight in kilograms, for example 4.2.
        neutered: whether the animal is neutered, true or false.
    """
    factors = {"cat": 22, "dog": 32}
    if species not in factors:
        raise ValueError(f"no feeding table for {species!r}; there are cat, dog")
    return round(factors[species] * weight_kg**0.75 * (0.85 if neutered else 1))


@tool
def next_due(treatment: str, given_on: str) -> str:
    """Return the date on which a treatment is due again at the practice.

    Args:
        treatment: one of: rabies, deworming, kennel cough, flea drops.
        given_on: the date it was last given, as YYYY-MM-DD, for example 2026-01-31.
    """
    if treatment not in INTERVALS:
        raise ValueError(f"no interval for {treatment!r}; there are {', '.join(INTERVALS)}")
    return (date.fromisoformat(given_on) + timedelta(days=INTERVALS[treatment])).isoformat()


@tool
def billing_code(code: str) -> str:
    """Return what a code on the practice's bills stands for.

    Args:
        code: a letter and two digits, for example A02.
    """
    key = code.strip().upper()
    if key not in CODES:
        raise ValueError(f"no code {code!r}; there are {', '.join(CODES)}")
    return f"{key}: {CODES[key]}"
