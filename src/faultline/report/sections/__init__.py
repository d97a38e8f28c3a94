"""The sections of a group's report: each turns part of a record into Markdown, and measures nothing."""
