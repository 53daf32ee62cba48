"""What all pages share: layout, view models, formatting."""
