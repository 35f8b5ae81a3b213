-- description: Which phase refused requests to an API (or failed), with which status and message, and how many. No
--   phase runs after one that refused; where none did, it was the gateway itself.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    phases.phase,
    phases.status,
    phases.error,
    count(*) AS requests,
    min(access_logs.dt) AS first_hour,
    max(access_logs.dt) AS last_hour
FROM api.access_logs
CROSS JOIN
    unnest(
        ARRAY['waf', 'authenticate', 'authorize', 'integration', 'gateway'],
        ARRAY[
            access_logs.waf_status,
            access_logs.authenticate_status,
            access_logs.authorize_status,
            access_logs.integration_status,
            access_logs.status
        ],
        ARRAY[
            access_logs.waf_error,
            access_logs.authenticate_error,
            access_logs.authorize_error,
            access_logs.integration_error,
            cast(NULL AS varchar)
        ]
    ) AS phases (phase, status, error)
WHERE
    access_logs.dt BETWEEN ? AND ?
    AND phases.phase = access_logs.refused_by
GROUP BY phases.phase, phases.status, phases.error
ORDER BY requests DESC, phases.phase ASC, phases.status ASC, phases.error ASC
