"""What travels over HTTP: the backend serves these classes, the client and the worker read them."""
