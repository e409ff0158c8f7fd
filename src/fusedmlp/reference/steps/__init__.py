"""The parts of a step that have no compiled twin of their own."""
