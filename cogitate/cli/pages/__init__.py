"""The pages on which a town's day or a role-play is looked at, each one HTML file."""
