"""What only a laptop needs: generated events, Firehose, emulators, Trino, a Flink cluster, demonstrations."""
