"""Who may use the product: tokens, login codes, browser sessions."""
