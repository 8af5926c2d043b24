"""The OAuth integration: acts with a person's own rights. Its ear is the person's webhooks, its voice the person's token."""
