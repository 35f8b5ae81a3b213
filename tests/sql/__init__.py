"""What lies under sql/, run."""
