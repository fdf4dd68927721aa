"""One small reader a format."""
