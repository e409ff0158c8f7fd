"""The command line: commands, flags, the user's table and its target column."""
