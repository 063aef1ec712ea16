"""reflexion: several trials, each with the lessons of those before."""
