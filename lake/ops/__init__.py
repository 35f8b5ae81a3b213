"""What on-call asks: status, verify, reconcile, and how to bucket a table."""
