"""For operators: status, verify, reconcile, and a proposal for a number of buckets."""
