"""What the connectors to CRMs have in common: a contact for whoever buys, one deal for each sale, survivorship."""
