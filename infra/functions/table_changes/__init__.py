"""The Lambda function that puts the changes of a DynamoDB table into a delivery stream."""
