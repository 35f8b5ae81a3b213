"""The Lambda function that gives out signed forms, by which a raw object is uploaded."""
