"""What storage promises: one protocol for each noun."""
