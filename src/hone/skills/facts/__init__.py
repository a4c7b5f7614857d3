"""What a skill relies on in the world: found in its text, looked up in the files of a project, compared later."""
