"""A verdict's page: results as Great Expectations' renderers show them, in one HTML file that loads nothing.

Their page takes styles and scripts from half a dozen hosts. Here the rendered sections are kept, the rest is not:
the page opens from a bucket, a ticket or a mail, years later, and requests nothing from any server.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from lake.audit import gx
from lake.audit.verdict import ExpectationResult, Verdict

_SEVERITY = {"fail": "critical", "warn": "warning", "info": "info"}
_LOADS = re.compile(r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>|<!--.*?-->", re.S | re.I)
_HANDLERS = re.compile(r"\son\w+=(\"[^\"]*\"|'[^']*')", re.I)
_BEGINS = '<div class="col-md-10'  # what follows the sidebar, two levels deep
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; margin: .5rem 0; width: 100% }
td, th { border: 1px solid #8884; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
.badge { background: #8883; border-radius: .3rem; padding: 0 .3rem }
.failed { color: #c62828 } .warned { color: #b26a00 } .passed { color: #2e7d32 }
.collapse:not(.show), .btn, .modal { display: none }
pre { white-space: pre-wrap }
"""


def data_docs_html(verdict: Verdict) -> str:
    """The page of a verdict: its state, sample rows of failed expectations, then every expectation with its result."""
    title = html.escape(f"{verdict.table} dt={verdict.dt}: {verdict.state}")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{html.escape(verdict.table)} dt={html.escape(verdict.dt)}: "
        f'<span class="{verdict.state}">{verdict.state}</span></h1>\n'
        f"<p>Run {html.escape(verdict.run_id)}, {verdict.rows:,} rows, audited in {verdict.seconds:g} s.</p>\n"
        f"{''.join(_section(result) for result in verdict.unmet)}"
        f"{''.join(_skipped(result) for result in verdict.skipped)}\n{_rendered(verdict)}\n</body>\n</html>\n"
    )


def _section(result: ExpectationResult) -> str:
    subject = html.escape(result.expectation + ("" if result.column is None else f" of {result.column}"))
    note = f"<p>{html.escape(result.note)}</p>" if result.note else ""
    details = "".join(f"<p>{html.escape(detail)}</p>" for detail in result.details)
    return f"<h2>{result.level}: {subject}</h2>{note}{details}{_table(result.samples)}"


def _skipped(result: ExpectationResult) -> str:
    return f"<p>{html.escape(result.expectation)}: {html.escape(result.note)}</p>"


def _table(rows: tuple[dict[str, Any], ...]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row.values())}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return html.escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _rendered(verdict: Verdict) -> str:
    """Great Expectations' sections of the results, without what loads or runs anything."""
    gx.preload()
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    renderer = ValidationResultsPageRenderer(run_info_at_end=True)
    view: Any = DefaultJinjaPageView()  # its render is without types
    page = str(view.render(renderer.render(_validation_result(verdict))))
    body = "<div><div>" + page[page.index(_BEGINS) : page.rindex("</body>")]
    return _HANDLERS.sub("", _LOADS.sub("", body))


def _validation_result(verdict: Verdict) -> Any:
    """The verdict as Great Expectations' own validation result; without skipped expectations."""
    import great_expectations
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.run_identifier import RunIdentifier

    results = [_expectation_result(result) for result in verdict.results if result.success is not None]
    met = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=met == len(results),
        results=results,
        suite_name=verdict.suite,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results) if results else None,
        },
        meta={
            "great_expectations_version": great_expectations.__version__,
            "run_id": RunIdentifier(run_name=verdict.run_id),
            "batch_spec": {"data_asset_name": f"{verdict.table} dt={verdict.dt}"},
        },
    )


def _expectation_result(result: ExpectationResult) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    raised = bool(result.note)
    return ExpectationValidationResult(
        success=bool(result.success),
        expectation_config=ExpectationConfiguration(
            type=result.expectation, kwargs=result.kwargs, severity=FailureSeverity(_SEVERITY[result.level])
        ),
        result=result.result,
        exception_info={"raised_exception": raised, "exception_message": result.note, "exception_traceback": ""},
    )
