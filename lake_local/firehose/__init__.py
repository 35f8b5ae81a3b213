"""Deliver local files into the raw zone the way Amazon Data Firehose would."""
