"""Every error this package raises, named by who must act.

CogitateError
├── SetupError          the program or the settings do not fit together; change them
├── UnavailableError    a model, a package or the network is not there; says how to get it
├── ModelError          the model backend failed or broke its contract
│   └── ContextOverflow the prompt does not fit the model's context window
├── ReplayMismatch      a run's record and its code go different ways; says where
├── ToolFailure         a tool could not do its work; becomes text that the model reads
└── ScriptError         a scripted model was used otherwise than its script says; fix the test

Two things are deliberately not errors: a tool that fails becomes an observation, and
a limit that is reached becomes `Result.stopped`.
"""


class CogitateError(Exception):
    """Base of every error raised here, so one `except` is enough."""


class SetupError(CogitateError):
    """Raised before any model call when the parts or the settings do not fit together."""


class UnavailableError(CogitateError):
    """Raised when a model file, an optional package or the network is not there."""


class ModelError(CogitateError):
    """Raised when a model backend fails after its own retries."""


class ContextOverflow(ModelError):
    """Raised when a prompt and the room for its answer exceed the context window."""


class ToolFailure(CogitateError):
    """Raised by a tool to tell the model, in words, what went wrong and the way out."""


class ReplayMismatch(CogitateError):
    """Raised when a run that is replayed asks for something else than was recorded."""


class ScriptError(CogitateError):
    """Raised when a `ScriptedModel` is asked for more than its script, or for less."""
