"""What stands in for AWS on a laptop: kinesis-mock for Kinesis, moto for the rest, each a process of its own."""
