"""What each operation of the two implementations takes, and the check of a call's arguments."""
