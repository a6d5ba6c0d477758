"""What the connectors that keep books have in common: which sales are booked, and what their invoices still lack."""
