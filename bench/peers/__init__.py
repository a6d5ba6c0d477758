"""Job libraries that do the same work, one module each. They run in a virtual environment of their own."""
