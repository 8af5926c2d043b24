"""What Army Knife costs, measured. `make bench` runs all parts; each is callable alone."""
