"""The stacks: storage, catalog, ingest, jobs, streams, queries, watch. Each names what it needs by its ARN."""
