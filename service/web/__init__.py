"""HTTP: the application, its errors and its blueprints."""
