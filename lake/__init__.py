"""The shared rooms of the data lake; jobs and applications import from here, never the other way round."""
