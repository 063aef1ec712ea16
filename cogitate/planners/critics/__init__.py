"""Critics: who reads an answer before it is given, and by what it is checked."""
