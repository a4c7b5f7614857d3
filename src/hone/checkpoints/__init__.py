"""What the agent did to the files of a workspace, kept turn by turn so that it can be taken back.

`keeper` takes the checkpoints of a session, `rewind` takes turns back; files lie in `shadow`, what they are in `records`.
"""
