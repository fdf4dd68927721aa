"""Portello decides and speaks here: replies, confidence, web, commands."""
