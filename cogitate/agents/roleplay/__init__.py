"""Role-play: two roles that finish a task together, and scenes of several."""

from cogitate.agents.roleplay.drift import Drift, drift_of
from cogitate.agents.roleplay.play import RolePlay
from cogitate.agents.roleplay.scene import Scene, Talk
from cogitate.agents.roleplay.scene_file import read_persona, read_scene
from cogitate.agents.roleplay.staging import Staged
from cogitate.agents.roleplay.values import DONE_TOKEN, Message, Play, Role, Termination

__all__ = [
    "DONE_TOKEN",
    "Drift",
    "Message",
    "Play",
    "Role",
    "RolePlay",
    "Scene",
    "Staged",
    "Talk",
    "Termination",
    "drift_of",
    "read_persona",
    "read_scene",
]
