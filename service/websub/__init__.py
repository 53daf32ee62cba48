"""The WebSub hub: protocol and deliveries."""
