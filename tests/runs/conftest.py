import pytest


@pytest.fixture
def faults(monkeypatch):
    """Return the module of the run that is killed, with an empty ledger and without waiting."""
    from bench import faults
    from cogitate.home import home

    home().mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(faults, "WORK", 0.0)
    return faults
