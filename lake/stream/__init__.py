"""The Flink applications from outside: their jar built, their zip packed, and that zip run on this machine."""
