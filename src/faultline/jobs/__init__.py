"""What a job of the workflow does: stages from the store to the store, publishing, and what the terminal shows."""
