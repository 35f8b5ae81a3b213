"""Tables whose partitions are days of event time, made from another table's partitions by arrival hour."""
