"""What the connectors that buy labels have in common: when one is due, by which rate, and what it is called."""
