"""Pure values and functions: which notices should exist, and why the others should not."""
