"""Reminders and calendar files for public casework."""
