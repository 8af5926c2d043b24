"""A Webex cloud of its own: REST, OAuth, webhooks and a chat page. The app meets it over HTTP only."""
