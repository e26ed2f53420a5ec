"""What leaves the house: scored leads and reports."""
