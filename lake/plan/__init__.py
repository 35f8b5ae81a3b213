"""What is stale and why, and how stale work is packed into tasks."""
