"""Pages other than the report, and what all pages share."""
