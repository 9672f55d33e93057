"""The report as Markdown, for people who keep it."""

from adapters.conformance.report import Report, Result, Status

_MARKS = {
    Status.PASSED: "pass",
    Status.FAILED: "**FAIL**",
    Status.SKIPPED: "n/a",
    Status.KNOWN_GAP: "known gap",
    Status.GAP_CLOSED: "**gap closed**",
}


def as_markdown(report: Report) -> str:
    """Write the report."""
    tier = report.tier.name.lower() if report.tier else "none"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(report.counts.items()))
    lines = [
        f"# {report.display_name} {report.adapter_version}: tier {tier}",
        "",
        f"- Adapter `{report.adapter_id}` of provider `{report.provider_id}`, contract {report.contract_version}",
        f"- {report.settlement_mode}, {report.transport}, `{report.address}`",
        f"- Declares {', '.join(report.capabilities) or 'nothing'}",
        f"- {counts}; finished {report.finish_time}",
    ]
    for must, text in report.rules.items():
        results = [result for result in report.results if result.must == must]
        if results:
            lines += ["", f"## {must}: {text}" if must else f"## {text}", "", "| Case | Tier | Result | Promise |"]
            lines += ["|---|---|---|---|", *map(_row, results)]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    says = result.says + (f" (*{', '.join(result.faults)}*)" if result.faults else "")
    notes = " ".join(part for part in (result.reading, result.text) if part).replace("|", "\\|").replace("\n", " ")
    promise = f"{says}. {notes}" if notes else says
    way = f" ({result.way})" if result.way else ""
    return f"| `{result.case_id}`{way} | {result.tier} | {_MARKS[result.status]} | {promise} |"
