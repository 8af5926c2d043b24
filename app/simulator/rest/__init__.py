"""The REST API of the cloud: one blueprint for each resource."""
