"""The command line: commands, flags, a user's table and its target."""
