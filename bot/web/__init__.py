"""The bot on the web: API, chat page and widget, served by one process."""
