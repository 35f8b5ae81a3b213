-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/api/access_logs_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `api`.`access_logs_v1` (
    `request_id` string COMMENT 'Names the request. A log that is delivered again is recognised by it.',
    `requested_at` timestamp COMMENT 'When the gateway had the request, UTC; null unless the log\'s format names $context.requestTime.',
    `route_key` string COMMENT 'Method and route, e.g. GET /orders; null unless the log\'s format names $context.routeKey.',
    `waf_error` string COMMENT 'Message of the web application firewall where it failed.',
    `waf_status` int COMMENT 'HTTP status of the firewall\'s answer; null where it did not run.',
    `waf_latency_ms` int COMMENT 'Milliseconds that the firewall took.',
    `waf_response` string COMMENT 'What the firewall decided, WAF_ALLOW or WAF_BLOCK.',
    `authenticate_error` string COMMENT 'Message of the authentication where it failed.',
    `authenticate_status` int COMMENT 'HTTP status of the authentication; null where it did not run.',
    `authenticate_latency_ms` int COMMENT 'Milliseconds that the authentication took.',
    `authorize_error` string COMMENT 'Message of the authorization where it failed.',
    `authorize_status` int COMMENT 'HTTP status of the authorization; null where it did not run.',
    `authorize_latency_ms` int COMMENT 'Milliseconds that the authorization took.',
    `integration_error` string COMMENT 'Message of the integration where it failed.',
    `integration_status` int COMMENT 'HTTP status that the service behind the API answered; null where it was not asked.',
    `integration_latency_ms` int COMMENT 'Milliseconds that the service took.',
    `integration_request_id` string COMMENT 'Names the request to the service.',
    `integration_service_status` int COMMENT 'HTTP status of the call of the service itself; of a function, that of its invocation.',
    `response_latency_ms` int COMMENT 'Milliseconds from the request to the response, all phases together.',
    `status` int COMMENT 'HTTP status of the response.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per request to the API, by the hour in which its log arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/api/access_logs_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
