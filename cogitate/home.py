"""Where cogitate keeps its files: models, runs and caches.

`COGITATE_HOME` overrides the data folder of the platform. Nothing here creates a folder
until something is to be written into it.
"""

import os
from pathlib import Path

from cogitate.errors import SetupError


def home() -> Path:
    """Return the data folder, from `COGITATE_HOME` or the platform's convention."""
    override = os.environ.get("COGITATE_HOME")
    if override:
        return Path(override).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("cogitate", appauthor=False)


def writable_folder(*parts: str) -> Path:
    """Return the folder `home()/parts...`, made if need be.

    Raises:
        SetupError: it cannot be made or written to.
    """
    folder = home().joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise SetupError(
            f"cannot write to {str(folder)!r} ({error.strerror}); "
            "set COGITATE_HOME to a folder that you may write to"
        ) from error
    return folder
