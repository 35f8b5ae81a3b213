-- description: Every request to an API as its gateway logged it, with the phase that refused it or failed, if one
--   did: waf, authenticate, authorize, integration, or gateway where it is none of these (a throttled request, say).
SELECT
    request_id,
    requested_at,
    route_key,
    waf_error,
    waf_status,
    waf_latency_ms,
    waf_response,
    authenticate_error,
    authenticate_status,
    authenticate_latency_ms,
    authorize_error,
    authorize_status,
    authorize_latency_ms,
    integration_error,
    integration_status,
    integration_latency_ms,
    integration_request_id,
    integration_service_status,
    response_latency_ms,
    status,
    rescued,
    dt,
    CASE
        WHEN waf_status >= 400 OR waf_response = 'WAF_BLOCK' THEN 'waf'
        WHEN authenticate_status >= 400 THEN 'authenticate'
        WHEN authorize_status >= 400 THEN 'authorize'
        WHEN integration_status >= 400 OR integration_service_status >= 400 THEN 'integration'
        WHEN status >= 400 THEN 'gateway'
    END AS refused_by
FROM api.access_logs_v1
