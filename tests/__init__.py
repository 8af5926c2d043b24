"""The tests. Their databases, their machine and their rules have a file each; the rest is named after what it tests."""
