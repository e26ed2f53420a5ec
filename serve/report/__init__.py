"""Report for both teams: its contents, and the pages and workbooks that show them."""
