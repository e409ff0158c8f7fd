"""Checks of options and arrays; error messages name the argument, the rule and the value."""
