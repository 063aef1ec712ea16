"""What happens around a run: its context, events, store and budget."""
