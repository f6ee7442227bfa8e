"""Mutation testing of the models' SQL: which faults in it no test would notice."""
