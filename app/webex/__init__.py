"""Webex over HTTP: client, resources, events. Knows neither Flask nor the database."""
