"""The file of a network: how it is written, read and checked."""
