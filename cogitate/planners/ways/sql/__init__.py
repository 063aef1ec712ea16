"""What the way `tables` knows of SQL.

hints: what the prompt tells of the tables.  form: the grammar of a query.  faults: what is seen
wrong before it runs.  copies: example values that the goal does not speak of.  ends: which end
of a sorted column is meant.  gaps: by how much the first is ahead.
"""
