"""Attacks on the package: each module is a script that anyone can run for as long as they like.

``python -m tests.attacks.runs --count 100000`` prints how many attempts crashed, hung or failed.
"""
