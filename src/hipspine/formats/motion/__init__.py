"""What the text formats of motion laboratories share."""
