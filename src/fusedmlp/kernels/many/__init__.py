"""Many networks of one structure, trained at once: one network in each lane of the vectors."""
