"""What a test says: protocols that turn a recording into findings, each with interval, reference, grade and one plain sentence."""
