"""Tables: files and data frames of numbers, dates and categories, as inputs of a network."""
