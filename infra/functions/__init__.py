"""Lambda functions: one folder each, whose handler.py is the whole function. boto3 and the standard library only."""
