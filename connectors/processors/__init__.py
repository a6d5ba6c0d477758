"""What the connectors that move money have in common."""
