"""Thread teams, which run one kernel together, and their barrier."""
