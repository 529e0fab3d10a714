"""Her own pages: consent, the card, who has used it, and withdrawal. Server-rendered; every page works without JavaScript."""
