"""PLACEHOLDER by the lead so that others can run: E overwrites this file."""
import msgspec

from hone.database import Database
from hone.skills.read import Skill


class Replayed(msgspec.Struct, frozen=True):
    tasks: int = 0


def replayed(database: Database, name: str, skill: Skill | None) -> Replayed | None:
    return None
