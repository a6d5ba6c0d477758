"""From webhook to two vendor calls done: one piece of work that the hub and job libraries can all do, and its proof."""
