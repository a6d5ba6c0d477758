"""What the connectors that tell people have in common: occasions, templates, one message for each."""
