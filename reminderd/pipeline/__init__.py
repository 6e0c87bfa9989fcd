"""The corridor: the only place that knows the order of the rooms."""

from reminderd.pipeline.corridor import Pipeline
from reminderd.pipeline.needs import Books, CaseSource, Writing
from reminderd.pipeline.report import Report

__all__ = ["Books", "CaseSource", "Pipeline", "Report", "Writing"]
