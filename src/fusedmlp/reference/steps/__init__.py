"""The parts of a training step that have no compiled twin of their own."""
