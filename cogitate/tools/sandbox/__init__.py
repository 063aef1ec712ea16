"""Running code that a model wrote: one confined Python process per run.

Read `session.py` first. `process.py` is the parent's end of the process, `child.py` the other
end, `confine.py` and `calls.py` what bind it, `monty.py` the level without any operating
system, and `probes.py` tries to break out with the programs of `escapes.py`.
"""
