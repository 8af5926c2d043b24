"""The programs that are measured beside each other."""
