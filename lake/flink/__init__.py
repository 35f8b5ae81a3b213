"""What the Flink applications share: properties, sources, sinks, operators. Standard library and PyFlink only."""
