"""The statements under sql/: what they are, whether Athena would run them well, and how they get into a catalog."""
