"""Pages other than the report, and the parts that all pages share."""
