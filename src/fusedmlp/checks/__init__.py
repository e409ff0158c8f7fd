"""What an argument may be, for options and for arrays; messages name argument, rule and value."""
