"""Ways of working: each has its own short prompt, its own form and its own tool.

compute: a Python program.  tables: one SQL query.  read: lines of files, cited.
files: what is counted over files, by a program.  summary: what texts say as a whole.
listing: all that they say of a kind.  translation: in another language.
documents: passages of indexed documents, cited.  web: search results, cited.
standard, cot, sc, tot, got, pot: searches among thoughts (planners/thoughts).
tools: the person's own tools.  remembered: notes of earlier runs.  reply: words alone.
noted: for what a person only tells.  act, react: one loop over all tools, for models that can.
"""
