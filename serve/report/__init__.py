"""The report that both teams read: what it says, and the pages and workbooks that show it."""
