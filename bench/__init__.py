"""What the hub costs, measured against the least that the same work can cost. `python -m bench`."""
