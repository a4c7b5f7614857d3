"""Every verb of `hone`. Loaded for any but `run`, which must not wait for what it does not use."""

from hone.cli import (
    backup,
    changes,
    config,
    inbox,
    learn,
    mcp,
    memory,
    memory_edit,
    sessions,
    skills,
    skills_allow,
    skills_check,
    skills_edit,
)
from hone.cli.bench import bench
from hone.cli.cost import cost
from hone.cli.doctor import doctor
from hone.cli.prove import prove
from hone.cli.rewind import rewind
from hone.cli.root import new_app
from hone.cli.setup import setup
from hone.cli.stats import stats
from hone.cli.trust import trust
from hone.cli.worker import worker

app = new_app()
app.add_typer(sessions.app, name="sessions")
for part in (skills_edit, skills_check, skills_allow):
    skills.app.add_typer(part.app)
memory.app.add_typer(memory_edit.app)
app.add_typer(skills.app, name="skills")
app.add_typer(memory.app, name="memory", short_help="Memory: what hone knows.")
app.command(short_help="List what was learned and edited.")(changes.log)
app.command(short_help="Show one change: who, why, from what.")(changes.show)
app.command(short_help="Take a change back.")(changes.undo)
app.command(short_help="Take back what the agent did to files.")(rewind)
app.command(short_help="Show which change wrote each line.")(changes.blame)
app.add_typer(inbox.app, name="inbox")
app.command(short_help="Review a turn now.")(learn.learn)
app.add_typer(learn.app, name="learning")
app.add_typer(config.app, name="config")
app.add_typer(mcp.app, name="mcp")
app.command(short_help="Show whether learning pays.")(stats)
app.command(short_help="Replay recorded tasks, with a skill and without.")(prove)
app.command(short_help="Measure whether learning pays with a model.")(bench)
app.command(short_help="Show what models have cost.")(cost)
app.command(short_help="Choose the models.")(setup)
app.command(short_help="Check what hone needs.")(doctor)
app.command(short_help="Let a project bring its own skills.")(trust)
app.command(short_help="Write everything that hone knows to a file.")(backup.backup)
app.command(short_help="Make a new home of a backup.")(backup.restore)
app.command(short_help="Review what waits; hone starts it by itself.")(worker)
