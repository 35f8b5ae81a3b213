"""The Lambda function that turns set<> types, which a crawler over DynamoDB writes, into array<>."""
